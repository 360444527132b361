import { CoarseClock } from '../near/coarse-clock.js';
import { copyText } from '../near/flat-string.js';

interface Pause {
  readonly failures: number;
  readonly until: number;
}

const FIRST_MS = 1_000;
const MAX_MS = 30_000;
// Keeps processes that failed at the same time from retrying at the same time.
const JITTER = 0.25;

/** Pauses between the failed loads of a key: 1 s, doubled up to 30 s. */
export class LoadBackoff {
  private readonly clock = new CoarseClock();
  /** Ordered by the time of the last failure. */
  private readonly pauses = new Map<string, Pause>();

  /** @param maxKeys the limit beyond which the key whose failure is oldest is forgotten */
  constructor(private readonly maxKeys: number) {}

  /** Whether a load of the key failed so recently that no new load may start. */
  isPaused(key: string): boolean {
    const pause = this.pauses.get(key);
    return pause !== undefined && this.clock.now() < pause.until;
  }

  recordFailure(key: string): void {
    const failures = (this.pauses.get(key)?.failures ?? 0) + 1;
    const ms = Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1)) * (1 - JITTER * Math.random());
    this.pauses.delete(key);
    this.pauses.set(copyText(key), { failures, until: this.clock.now() + ms });
    if (this.pauses.size > this.maxKeys) this.forget(this.pauses.keys().next().value);
  }

  /** Ends the pause of a key, or of all keys without an argument. */
  forget(key?: string): void {
    if (key === undefined) this.pauses.clear();
    else this.pauses.delete(key);
  }
}
