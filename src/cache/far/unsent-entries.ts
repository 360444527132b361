import { decodeEntry, markOf } from './shared-entry.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';

/** An entry that could not be sent yet. */
export interface UnsentEntry {
  readonly entry: Buffer;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  readonly expires: number;
}

const MAX_BYTES = 2 ** 24;
const BATCH = 100;
/** Attempts to write a key that others keep writing, before their value is accepted. */
const MAX_ATTEMPTS = 5;

/** Entries that were set before the first connection, to be sent once connected. */
export class UnsentEntries {
  private readonly entries = new Map<string, UnsentEntry>();
  private bytes = 0;

  get size(): number {
    return this.entries.size;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Adds an entry; returns false if there is no room for it. */
  add(key: string, unsent: UnsentEntry): boolean {
    this.delete([key]);
    if (this.bytes + unsent.entry.length > MAX_BYTES) return false;
    this.entries.set(key, unsent);
    this.bytes += unsent.entry.length;
    return true;
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) {
      this.bytes -= this.entries.get(key)?.entry.length ?? 0;
      this.entries.delete(key);
    }
  }

  clear(): void {
    this.bytes = 0;
    this.entries.clear();
  }

  list(): [string, UnsentEntry][] {
    return [...this.entries];
  }

  batch(): [string, UnsentEntry][] {
    return this.list().slice(0, BATCH);
  }
}

/**
 * Sends an entry late, unless another process has written a newer one. Returns whether it was written; undefined if the
 * server refuses or is unavailable.
 */
export async function sendLate(
  key: string,
  { entry, writtenAt, expires }: UnsentEntry,
  tier: SharedTier,
  breaker: SharedCircuitBreaker,
): Promise<boolean | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const found = await breaker.run(() => tier.get(key));
    if (found === undefined) return undefined;
    const there = found.value === null ? undefined : decodeEntry(key, found.value);
    if (there?.writtenAt !== undefined && there.writtenAt > writtenAt) return false;
    const ttl = expires - Date.now();
    if (ttl <= 0) return (await breaker.run(() => tier.delete([key]))) && false;
    const sent = await breaker.run(() => tier.set(key, entry, ttl, markOf(found.value)));
    if (sent?.value !== false) return sent?.value;
    // Another process wrote at the same time, perhaps late as well.
  }
  return false;
}
