// The servers for shared caches, if they are installed on this machine.
import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from '../support/consumer.mjs';

const SERVERS = [
  { scheme: 'redis', program: 'redis-server', args: (port) => ['--port', port, '--save', ''] },
  { scheme: 'memcached', program: 'memcached', args: (port) => ['-u', 'nobody', '-p', port] },
];

/** Starts each server until the process exits; returns its program, and its URL if it is installed. */
export function startCacheServers() {
  return Promise.all(
    SERVERS.map(async ({ scheme, program, args }) => {
      if (spawnSync(program, ['--version']).error !== undefined) return { program };
      const port = await freePort();
      const server = spawn(program, args(String(port)), { stdio: 'ignore' });
      server.unref();
      process.on('exit', () => server.kill());
      await listening(port);
      return { program, url: `${scheme}://127.0.0.1:${port}` };
    }),
  );
}

async function listening(port, tries = 300) {
  const socket = connect(port, '127.0.0.1');
  const isThere = await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  if (isThere) return;
  if (tries === 0) throw new Error(`nothing listens on port ${port}`);
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  await listening(port, tries - 1);
}
