import { HttpStatus } from '@nestjs/common';
import { RetryLaterException } from '../http/retry-later.exception.js';

/** Runs a few tasks at a time. Some more wait for their turn; the others fail with 503 at once. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atATime: number,
    private readonly maxWaiting: number,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.turn();
    try {
      return await task();
    } finally {
      // The next one takes over this turn.
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private turn(): Promise<void> | void {
    if (this.running < this.atATime) {
      this.running += 1;
      return undefined;
    }
    if (this.waiting.length < this.maxWaiting) return new Promise((resolve) => this.waiting.push(resolve));
    throw new RetryLaterException(
      HttpStatus.SERVICE_UNAVAILABLE,
      'Too many requests of this kind are running',
      2,
    );
  }
}
