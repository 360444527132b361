import { UncacheableValue } from '../near/frozen-copy.js';
import { type StaleKeyRepair, clearTier } from './stale-key-repair.js';
import { encodeEntry } from './shared-entry.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';
import type { UnsentEntry } from './unsent-entries.js';

/** Writes to the shared tier, and schedules a repair for failed writes. */
export class SharedWriter {
  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    private readonly repair: StaleKeyRepair,
  ) {}

  /**
   * @param mark of the stored value when a load started. Returns false if the stored value has changed since.
   * @throws UncacheableValue if the value cannot be sent to other processes
   */
  async set(key: string, value: unknown, fresh: number, grace: number, mark?: Buffer): Promise<boolean> {
    // No await before the call: calls must be sent in the order in which they were made.
    const unsent = this.encode(key, value, fresh, grace);
    const answer = await this.breaker.run(() => this.tier.set(key, unsent.entry, fresh + grace, mark));
    if (answer !== undefined) {
      if (answer.value) this.repair.settle([key]);
      return answer.value;
    }
    if (this.breaker.hasConnected) this.repair.add([key]);
    else this.repair.sendLater(key, unsent);
    return true;
  }

  /** Returns whether the shared tier had one of them. */
  async delete(keys: readonly string[]): Promise<boolean> {
    const answer = await this.breaker.run(() => this.tier.delete(keys));
    if (answer === undefined) this.repair.add(keys);
    else this.repair.settle(keys);
    return answer?.value === true;
  }

  /** Removes the shared entry of a key whose new value cannot be sent. */
  async purge(key: string): Promise<void> {
    if ((await this.breaker.run(() => this.tier.purge([key]))) === undefined) this.repair.add([key]);
  }

  async clear(): Promise<void> {
    if ((await clearTier(this.tier, this.breaker)) !== undefined) this.repair.addAll();
  }

  private encode(key: string, value: unknown, fresh: number, grace: number): UnsentEntry {
    const writtenAt = Date.now();
    const [freshUntil, expires] = [writtenAt + fresh, writtenAt + fresh + grace];
    let entry: Buffer;
    try {
      entry = encodeEntry(key, { value, freshUntil, expires, writtenAt });
    } catch {
      throw new UncacheableValue('of a kind that cannot be sent to other processes');
    }
    if (entry.length <= this.tier.maxEntryBytes) return { entry, writtenAt, expires };
    throw new UncacheableValue('larger than the shared cache takes');
  }
}
