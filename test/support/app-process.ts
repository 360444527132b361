import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SECRET_KEY } from './keys.js';
import { ROOT } from './run.js';

interface Message {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly ready?: true;
  /** The key of a load that has started. */
  readonly loading?: string;
}

/** An application in a separate process that runs commands; it is stopped when the test ends. */
export class AppProcess {
  /** Keys in the order in which their loads started. */
  readonly loads: string[] = [];
  private readonly child: ChildProcess;
  private readonly answers = new Map<number, (message: Message) => void>();
  private asked = 0;

  private constructor(env: Readonly<Record<string, string>>, fixture: string) {
    this.child = fork(join(ROOT, `.build/test/fixtures/${fixture}.app.js`), {
      cwd: join(ROOT, '.build'),
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', SECRET_KEY, ...env },
      serialization: 'advanced',
    });
    this.child.on('message', (message: Message) => {
      if (message.loading !== undefined) this.loads.push(message.loading);
      if (message.id !== undefined) this.answers.get(message.id)?.(message);
    });
    onTestFinished(() => this.kill());
  }

  /** Starts one, and waits until it is ready. */
  static async start(env: Readonly<Record<string, string>>, fixture = 'cache-node'): Promise<AppProcess> {
    const started = new AppProcess(env, fixture);
    const ended = once(started.child, 'exit').then(() => Promise.reject(new Error('it ended at its start')));
    ended.catch(() => undefined);
    await Promise.race([once(started.child, 'message'), ended]);
    return started;
  }

  /** Runs a command in it; rejects with the text of its error. */
  ask<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.answers.set(id, ({ value, error }) => {
        this.answers.delete(id);
        if (error === undefined) resolve(value as T);
        else reject(new Error(error));
      });
      this.child.send({ id, name, args }, (error) => error && reject(error));
    });
  }

  /** Kills it immediately, like a crash. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
