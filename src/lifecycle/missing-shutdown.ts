import { Logger } from '@nestjs/common';
import type { Server } from 'node:http';

/** The servers of applications that called `shutdownGracefully()`. */
export const gracefulServers = new WeakSet<Server>();

/** Warns once a server listens whose application did not call `shutdownGracefully()`. */
export function warnOfMissingShutdown(server: Server): void {
  server.once('listening', () => {
    if (gracefulServers.has(server)) return;
    new Logger('Shutdown').warn(
      'main.ts does not call shutdownGracefully(app), so that each rollout loses requests: call it between ' +
        'NestFactory.create() and app.listen(), in place of app.enableShutdownHooks()',
    );
  });
}
