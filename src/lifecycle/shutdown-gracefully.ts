import { type INestApplication, Logger } from '@nestjs/common';
import type { Server } from 'node:http';
import { BaseConfig } from '../config/index.js';
import { LifecycleError } from './lifecycle.error.js';
import { OpenConnections } from './open-connections.js';
import { OpenMessages } from './open-messages.js';
import { PROBE_OPTIONS, type ProbeOptions, Probes } from './probes.js';
import { trackLifecycle } from './lifecycle.report.js';
import { Readiness } from './readiness.js';
import { gracefulServers } from './missing-shutdown.js';
import { Shutdown } from './shutdown.js';
import { endBootSignals, exitCodeOf, type Signal, SIGNALS } from './signals.js';

/**
 * Ends the process on SIGTERM and SIGINT without losing a request, and answers `/livez` and `/readyz`. It takes the place of
 * `app.enableShutdownHooks()`: call it between `NestFactory.create()` and `app.listen()`.
 *
 * On a signal, `/readyz` answers 503 and responses announce that their connection ends, while the process serves as before
 * for DRAIN_SECONDS. Then it closes the port, ends event streams, polls of Socket.IO, WebSockets and HTTP/2 sessions, waits
 * for the requests and messages in flight, and runs Nest's hooks, so that nothing that a request needs is gone before it. The
 * exit code is 0. If all this takes longer than SHUTDOWN_SECONDS, it logs what is still open and exits with 1; a second signal
 * ends the process at once with 128 plus the number of the signal.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule);
 * shutdownGracefully(app);
 * await app.listen(app.get(AppConfig).PORT);
 * ```
 */
export function shutdownGracefully(app: INestApplication): void {
  const { config, readiness, options } = partsOf(app);
  const probes = new Probes(readiness, options);
  const server = app.getHttpServer() as Server;
  if (gracefulServers.has(server))
    throw new LifecycleError('shutdownGracefully(app) was called twice: call it once');
  gracefulServers.add(server);
  const connections = new OpenConnections(server, probes);
  const messages = new OpenMessages();
  takeOverSignals(app);

  let isServing = server.listening;
  server.once('listening', () => {
    isServing = true;
    serving.add(server);
    for (const microservice of app.getMicroservices()) messages.watch(microservice);
    probes.leaveRoutesOf(app.getHttpAdapter());
  });

  let shutdown: Shutdown | undefined;
  trackLifecycle(readiness, {
    requestsInFlight: () => connections.inFlight,
    drain: () => shutdown?.report,
  });
  const onSignal = (signal: Signal) => {
    if (shutdown !== undefined) {
      new Logger('Shutdown').warn(`${signal} again: ${shutdown.describe()}`);
      process.exit(exitCodeOf(signal));
    }
    if (!isServing) return endBySignal(signal, onSignal);
    const limits = { drainMs: config.DRAIN_SECONDS * 1000, totalMs: config.SHUTDOWN_SECONDS * 1000 };
    shutdown = new Shutdown(app, connections, messages, readiness, limits, signal);
    exitAfter(shutdown.run());
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  endBootSignals();
  // The application was closed by a call, as tests do.
  server.once('close', () => {
    if (shutdown !== undefined) return;
    serving.delete(server);
    connections.stop();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  });
}

/** The servers of this process that listen. */
const serving = new Set<Server>();
/** The shutdowns in progress: a process may have several applications. */
const running = new Set<Promise<void>>();
let hasFailed = false;

function exitAfter(shutdown: Promise<void>): void {
  running.add(shutdown);
  shutdown
    .catch((error: unknown) => {
      hasFailed = true;
      new Logger('Shutdown').error(error);
    })
    .finally(() => {
      running.delete(shutdown);
      if (running.size === 0) process.exit(hasFailed ? 1 : 0);
    });
}

function partsOf(app: INestApplication) {
  try {
    const readiness = app.get(Readiness, { strict: false });
    const options = app.get<ProbeOptions | false>(PROBE_OPTIONS, { strict: false });
    const config = app.get(BaseConfig, { strict: false });
    return { config, readiness, options };
  } catch {
    throw new LifecycleError(
      'shutdownGracefully(app) reads the configuration: import ProductionConfigModule.forRoot() in the root module',
    );
  }
}

/** Ends as without a listener. As process 1 of a container it exits, because the kernel ignores the signal there. */
function endBySignal(signal: Signal, listener: (signal: Signal) => void): void {
  new Logger('Shutdown').warn(`${signal} before the port was open`);
  process.off(signal, listener);
  // Another application of this process ends it after its requests.
  if (serving.size > 0) return;
  if (process.pid === 1) process.exit(exitCodeOf(signal));
  process.kill(process.pid, signal);
}

/** Nest's own listeners would run the hooks at once, while requests are in flight. */
function takeOverSignals(app: INestApplication): void {
  (app as unknown as { unsubscribeFromProcessSignals?: () => void }).unsubscribeFromProcessSignals?.();
  // An assignment would be lost: the proxy that NestFactory returns ignores it.
  Object.defineProperty(app, 'enableShutdownHooks', {
    configurable: true,
    writable: true,
    value: () => {
      new Logger('Shutdown').warn(
        'app.enableShutdownHooks() has no effect with shutdownGracefully(), which runs the hooks itself: remove it',
      );
      return app;
    },
  });
}
