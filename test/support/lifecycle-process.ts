import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SECRET_KEY } from './keys.js';
import { freePort } from './own-server.js';
import { ROOT } from './run.js';

export type Adapter = 'express' | 'fastify';

/** A process of `fixtures/lifecycle.app.ts`. */
export class LifecycleProcess {
  output = '';
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  private constructor(
    readonly port: number,
    env: Readonly<Record<string, string>>,
    private readonly isContained: boolean,
  ) {
    const command = [process.execPath, join(ROOT, '.build/test/fixtures/lifecycle.app.js')];
    const [program = '', ...args] = isContained ? ['unshare', '--pid', '--fork', ...command] : command;
    this.child = spawn(program, args, {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        NO_COLOR: '1',
        SECRET_KEY,
        PORT: String(port),
        DRAIN_SECONDS: '0',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const look of this.waiting) look();
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** @param isContained whether it is process 1 of a namespace of its own, as in a container */
  static async start(
    adapter: Adapter,
    env: Readonly<Record<string, string>> = {},
    isContained = false,
  ): Promise<LifecycleProcess> {
    const process = new LifecycleProcess(await freePort(), { ADAPTER: adapter, ...env }, isContained);
    onTestFinished(() => process.kill());
    return process;
  }

  static async listening(
    adapter: Adapter,
    env: Readonly<Record<string, string>> = {},
  ): Promise<LifecycleProcess> {
    const process = await LifecycleProcess.start(adapter, env);
    await process.prints('listening');
    return process;
  }

  /** Resolves once the output has a text, so many times. */
  prints(text: string, times = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.output.split(text).length <= times) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      void this.ended.then(() => reject(new Error(`ended without '${text}':\n${this.output}`)));
      look();
    });
  }

  url(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${this.port}${path}`;
  }

  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): void {
    if (!this.isContained) return void this.child.kill(name);
    const { pid } = this.child;
    const inner = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (inner !== '') process.kill(Number(inner), name);
  }

  /** Sends signals until the process ends: it may not listen to the first one yet. */
  async signalUntilEnded(): Promise<void> {
    const repeating = setInterval(() => this.signal(), 100);
    await this.ended.finally(() => clearInterval(repeating));
  }

  say(text: string): void {
    this.child.stdin!.write(text);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      if (this.isContained) this.signal('SIGKILL');
      else this.child.kill('SIGKILL');
    }
    await this.ended;
  }
}

/** How a process ends that has drained. */
export const GRACEFUL = { code: 0, signal: null };

export async function responseOf(url: string, agent?: Agent): Promise<IncomingMessage> {
  const request = get(url, agent === undefined ? {} : { agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** Reads a connection to its end. */
export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
