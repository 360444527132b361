import { until } from './stalls.js';

/** A source that counts its loads, and settles them on demand. */
export class Source {
  calls = 0;
  private readonly waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];

  readonly load = (): Promise<unknown> => {
    this.calls++;
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  };

  /** Waits until a load starts: with a shared cache, it starts only after a miss there. */
  async asked(calls: number): Promise<void> {
    await until(() => this.calls >= calls);
    if (this.calls !== calls) throw new Error(`the source was asked ${this.calls} times, not ${calls}`);
  }

  answer(value: unknown): void {
    this.waiting.shift()!.resolve(value);
  }

  fail(error = new Error('the source is down')): void {
    this.waiting.shift()!.reject(error);
  }
}
