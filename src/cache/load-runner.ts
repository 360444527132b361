import { setTimeout as delay } from 'node:timers/promises';
import type { BoundedStore } from './bounded.store.js';
import { valueOf } from './near/kept-value.js';
import type { LoadBackoff } from './load-backoff.js';
import type { LoadPlan } from './loading.options.js';
import type { InFlightLoad, LoadResult, LoadsInFlight } from './loads-in-flight.js';
import type { SharedReading } from './far/shared-reading.js';

const LOCK_POLL_MS = 25;
/** The result of a load that was given up before it started. */
const NOT_LOADED: LoadResult = { value: undefined, isKept: false, isFound: false };

/** Runs a load: takes what another process has, or asks the source and keeps the value. */
export class LoadRunner {
  constructor(
    private readonly store: BoundedStore,
    private readonly inFlight: LoadsInFlight,
    private readonly backoff: LoadBackoff,
    private readonly counts: { loads: number; loadFailures: number; loadMs: number },
  ) {}

  /** @param enough milliseconds for which a value of another process has to be fresh still, to stand in for a load */
  async run(
    key: string,
    flight: InFlightLoad,
    load: () => unknown,
    plan: LoadPlan,
    enough: number,
  ): Promise<LoadResult> {
    try {
      const looking = this.store.look(key);
      let before = looking && (await looking);
      if (plan.lock && before !== undefined && before.remaining <= enough) {
        before = await this.turn(key, flight, enough);
        if (flight.waiting === 0) {
          this.backoff.failed(key);
          return NOT_LOADED;
        }
      }
      // Read once: its time may end between two looks at the clock.
      const entry = before?.freshEntry;
      if (entry !== undefined && before!.remaining > enough) {
        return { value: valueOf(entry), isKept: true, isFound: true };
      }
      const value = await this.ask(key, flight, load);
      const { isCurrent } = flight;
      if (isCurrent) this.inFlight.supersede(key);
      const isKept = isCurrent && (await this.store.fill(key, value, plan.ttlMs, plan.graceMs, before));
      return { value, isKept, isFound: false };
    } finally {
      void flight.lock?.release();
      this.inFlight.remove(key, flight);
    }
  }

  /** Waits while another process loads the key: for what it keeps, or for the turn of this one. */
  private async turn(key: string, flight: InFlightLoad, enough: number): Promise<SharedReading | undefined> {
    while (flight.waiting > 0) {
      const lock = await this.store.lock(key);
      if (lock !== undefined && lock !== 'taken') flight.lock = lock;
      const reading = await this.store.look(key);
      if (lock !== 'taken' || (reading !== undefined && reading.remaining > enough)) return reading;
      await delay(LOCK_POLL_MS);
    }
    return undefined;
  }

  /** Asks the source. */
  private async ask(key: string, flight: InFlightLoad, load: () => unknown): Promise<unknown> {
    const started = performance.now();
    this.counts.loads++;
    try {
      return await load();
    } catch (error) {
      if (flight.isCurrent) {
        if (!flight.isLate) this.counts.loadFailures++;
        // Only who has something to serve can do without another load.
        if (this.store.entries.holds(key)) this.backoff.failed(key);
      }
      throw error;
    } finally {
      this.counts.loadMs += performance.now() - started;
    }
  }
}
