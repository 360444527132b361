import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1000;
/** What breaks earlier after a success is likely to break again. */
const STABLE_MS = 1000;

/** Repeats attempts to connect, with growing pauses. Does not keep the process alive. */
export class Retry {
  private ms = FIRST_PAUSE_MS;
  private succeededAt = -Infinity;

  /** Repeats until it succeeds or the signal is aborted. Begins with a pause if the last success was less than 1 s ago. */
  async run(
    attempt: () => Promise<void>,
    onFailure: (error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (performance.now() - this.succeededAt < STABLE_MS) await this.pause(signal);
    else this.ms = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await attempt();
        this.succeededAt = performance.now();
        return;
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
      await this.pause(signal);
    }
  }

  /** Waits for 50 to 100 % of the time, so that processes do not all retry at the same time. */
  private async pause(signal: AbortSignal): Promise<void> {
    const ms = this.ms * (0.5 + Math.random() / 2);
    this.ms = Math.min(2 * this.ms, MAX_PAUSE_MS);
    await delay(ms, undefined, { ref: false, signal }).catch(() => undefined);
  }
}
