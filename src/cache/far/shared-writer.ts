import { UncacheableValue } from '../near/frozen-copy.js';
import { type StaleKeyRepair, clearTier } from './stale-key-repair.js';
import { encodeEntry } from './shared-entry.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';
import type { UnsentEntry } from './unsent-entries.js';

/** Writes to the shared tier, and has repaired later what could not be written. */
export class SharedWriter {
  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    private readonly repair: StaleKeyRepair,
  ) {}

  /**
   * @param mark of what was there when a load began. Answers false where something else is there now.
   * @throws UncacheableValue where others cannot be sent the value
   */
  async set(key: string, value: unknown, fresh: number, grace: number, mark?: Buffer): Promise<boolean> {
    // Nothing is awaited before the call: calls leave in the order in which they were made.
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

  /** Answers whether others had one of them. */
  async delete(keys: readonly string[]): Promise<boolean> {
    const answer = await this.breaker.run(() => this.tier.delete(keys));
    if (answer === undefined) this.repair.add(keys);
    else this.repair.settle(keys);
    return answer?.value === true;
  }

  /** Removes what others have of a value that they cannot be sent. */
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
