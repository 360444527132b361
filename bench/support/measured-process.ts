import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SERVICE_ENVIRONMENT } from './service-environment.js';

/** A program of this folder by its name, such as `cache.process`. */
function pathOf(program: string): string {
  return fileURLToPath(new URL(`../${program}.js`, import.meta.url));
}

/**
 * A process that takes measurements on request. Each side has its own process: in a shared process the
 * compiler would see both stores at the same call and optimise for neither, as no service would.
 */
export class MeasuredProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** The process, and the message that it sent when it was ready. */
  static async start(program: string, ...args: string[]): Promise<[MeasuredProcess, unknown]> {
    const measured = new MeasuredProcess(fork(pathOf(program), args, { env: SERVICE_ENVIRONMENT }));
    return [measured, await measured.answer()];
  }

  async ask(question: unknown): Promise<unknown> {
    this.child.send(question as never);
    return this.answer();
  }

  /** Resolves once it has ended, so that its servers can be stopped. */
  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  private async answer(): Promise<unknown> {
    const left = new AbortController();
    const exit = once(this.child, 'exit', { signal: left.signal }).then(([code]) => {
      throw new Error(`a measured process ended with code ${String(code)}`);
    });
    exit.catch(() => undefined);
    try {
      const [message] = (await Promise.race([
        once(this.child, 'message', { signal: left.signal }),
        exit,
      ])) as [unknown];
      return message;
    } finally {
      left.abort();
    }
  }
}

/** How a program ended: with its output, or with the reason for its failure. */
export type Outcome = { readonly printed: string } | { readonly died: string };

/** Runs a program to its end. */
export function runProgram(program: string, args: string[], nodeOptions: string[] = []): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...nodeOptions, pathOf(program), ...args],
      { env: SERVICE_ENVIRONMENT },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ printed: stdout });
        const reason = /FATAL ERROR: .*/.exec(stderr)?.[0] ?? stderr.trim();
        resolve({ died: reason || `code ${error.code}, signal ${error.signal}` });
      },
    );
  });
}

/** Runs a program that prints JSON. */
export async function readProgram<T>(
  program: string,
  args: string[],
  nodeOptions: string[] = [],
): Promise<T> {
  const outcome = await runProgram(program, args, nodeOptions);
  if ('died' in outcome) throw new Error(`${program} ${args.join(' ')}: ${outcome.died}`);
  return JSON.parse(outcome.printed) as T;
}
