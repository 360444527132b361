import { Logger } from '@nestjs/common';

const QUIET_MS = 10_000;

/** Says that the shared tier fails, at most once in 10 s, and that it is back. Shows codes only: messages may hold secrets. */
export class FaultLog {
  private readonly logger = new Logger('Cache');
  private readonly reasons = new Map<string, number>();
  private window: NodeJS.Timeout | undefined;
  private isFailing = false;
  /** Whether the last that was said is that it fails. */
  private isSaidToFail = false;

  note(reason: string): void {
    this.isFailing = true;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (this.window === undefined) this.say();
  }

  restored(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    if (this.window === undefined) this.sayRestored();
  }

  close(): void {
    clearTimeout(this.window);
  }

  private say(): void {
    const reasons = [...this.reasons].map(([reason, times]) =>
      times === 1 ? reason : `${times} × ${reason}`,
    );
    this.reasons.clear();
    this.isSaidToFail = true;
    this.logger.warn(
      `The shared cache fails (${reasons.join(', ')}): this process caches for itself meanwhile, and tries again by itself.`,
    );
    this.wait();
  }

  private sayRestored(): void {
    this.reasons.clear();
    this.isSaidToFail = false;
    this.logger.log('The shared cache is in use again.');
    this.wait();
  }

  private wait(): void {
    this.window = setTimeout(() => {
      this.window = undefined;
      if (this.isSaidToFail && !this.isFailing) this.sayRestored();
      else if (this.reasons.size > 0) this.say();
    }, QUIET_MS).unref();
  }
}

/** What went wrong, in a word that an error's author chose for it and that holds nothing of the user's. */
export function reasonOf(error: unknown): string {
  const { code, message, name } = error as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  const [word] = /^[A-Z]{3,20}(?=[ :]|$)/.exec(String(message)) ?? [];
  return word ?? (/^[A-Za-z]{1,40}$/.test(String(name)) ? String(name) : 'an error');
}
