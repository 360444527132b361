import { UncacheableValue } from '../frozen-copy.js';
import { clearTier, type Repair } from './repair.js';
import { encodeEntry } from './shared-entry.js';
import type { SharedGuard } from './shared.guard.js';
import type { SharedTier } from './shared.tier.js';

/** Writes to the shared tier, and has repaired later what could not be written. */
export class SharedWriter {
  constructor(
    private readonly tier: SharedTier,
    private readonly guard: SharedGuard,
    private readonly repair: Repair,
  ) {}

  /**
   * @param mark of what was there when a load began. Answers false where something else is there now, and writes nothing.
   * @throws UncacheableValue where others cannot be sent the value
   */
  async set(key: string, value: unknown, fresh: number, grace: number, mark?: Buffer): Promise<boolean> {
    // Nothing is awaited before the call: calls leave in the order in which they were made.
    const entry = this.encode(key, value, fresh, grace);
    const answer = await this.guard.run(() => this.tier.set(key, entry, fresh + grace, mark));
    if (answer === undefined) this.repair.add([key]);
    else if (answer.value) this.repair.settle([key]);
    return answer?.value !== false;
  }

  async delete(keys: readonly string[]): Promise<void> {
    const answer = await this.guard.run(() => this.tier.delete(keys));
    if (answer === undefined) this.repair.add(keys);
    else this.repair.settle(keys);
  }

  /** Removes what others have of a value that they cannot be sent. */
  async purge(key: string): Promise<void> {
    if ((await this.guard.run(() => this.tier.purge([key]))) === undefined) this.repair.add([key]);
  }

  async clear(): Promise<void> {
    if ((await clearTier(this.tier, this.guard)) !== undefined) this.repair.addAll();
  }

  private encode(key: string, value: unknown, fresh: number, grace: number): Buffer {
    const freshUntil = Date.now() + fresh;
    let entry: Buffer;
    try {
      entry = encodeEntry(key, { value, freshUntil, expires: freshUntil + grace });
    } catch {
      throw new UncacheableValue('of a kind that other processes cannot be sent');
    }
    if (entry.length <= this.tier.maxEntryBytes) return entry;
    throw new UncacheableValue('larger than the shared cache takes');
  }
}
