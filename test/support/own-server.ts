import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stoppable } from './real-server.js';

const START_MS = 60_000;

/** A server process of the tests on a fixed port, with simulated failures. */
export class OwnServer implements Stoppable {
  private process: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly command: readonly [program: string, ...arguments_: string[]],
  ) {}

  /** Starts a program on a free local port; undefined if it is not installed. */
  static async start(
    name: string,
    scheme: string,
    argumentsFor: (port: number) => readonly string[],
  ): Promise<OwnServer | undefined> {
    const program = installed(name);
    if (program === undefined) return undefined;
    const port = await freePort();
    const server = new OwnServer(`${scheme}://127.0.0.1:${port}`, port, [program, ...argumentsFor(port)]);
    await server.start();
    return server;
  }

  get isRunning(): boolean {
    return this.process !== undefined;
  }

  /** Restarts it after a kill. */
  async start(): Promise<void> {
    if (this.process !== undefined)
      throw new Error('the server is running: a second start would leave its process without an owner');
    const [program, ...options] = this.command;
    const child = spawn(program, options, { stdio: 'ignore' });
    this.process = child;
    process.once('exit', this.onExit);
    const deadline = Date.now() + START_MS;
    while (!(await answers(this.port))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start`);
      await delay(20);
    }
  }

  /** Kills it immediately, like a crash. */
  async kill(): Promise<void> {
    process.off('exit', this.onExit);
    const child = this.process;
    this.process = undefined;
    if (child !== undefined && child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  }

  /** Keeps its connections open, but does not reply. */
  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  stop(): Promise<void> {
    return this.kill();
  }

  private readonly onExit = () => this.process?.kill('SIGKILL');
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The path of a program. */
export function installed(name: string): string | undefined {
  // Debian has servers where only root looks.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return directories
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
