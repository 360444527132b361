import { spawn, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stoppable } from './real-server.js';

const main = fileURLToPath(new URL('../../.build/example/main.js', import.meta.url));

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The headers and body of a request. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * The compiled example in a separate process, on a port chosen by the system. It has only the given
 * environment variables, and runs in a directory without `.env`.
 */
export class ExampleProcess implements Stoppable {
  readonly ended: Promise<Ending>;
  stdout = '';
  stderr = '';
  isSignalled = false;
  private readonly child: ChildProcess;

  constructor(env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [main], {
      cwd: dirname(main),
      env: { PATH: process.env['PATH'], NO_COLOR: '1', PORT: '0', DRAIN_SECONDS: '0', ...env },
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Resolves to this process after it has logged its address; rejects if it exits before. */
  async listening(): Promise<this> {
    await Promise.race([this.announced(), this.ended]);
    if (this.address !== undefined) return this;
    throw new Error(`The example ended before it listened:\n${this.stdout}${this.stderr}`);
  }

  get(path: string): Promise<Response> {
    return this.send('GET', path);
  }

  /** Uses a new connection, so that none stays open. A body is sent as JSON. */
  send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Response> {
    return fetch(this.url(path), {
      method,
      headers: {
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  url(path: string): URL {
    return new URL(path, this.address);
  }

  signal(signal: NodeJS.Signals): void {
    this.isSignalled = true;
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  private announced(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.address !== undefined) resolve();
      };
      this.child.stdout?.on('data', look);
      look();
    });
  }

  private get address(): string | undefined {
    return / listens on (\S+)\n/.exec(this.stdout)?.[1];
  }
}
