import { decodeEntry, markOf } from './shared-entry.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';

/** An entry as it would have been sent. */
export interface UnsentEntry {
  readonly entry: Buffer;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  readonly expires: number;
}

const MAX_BYTES = 2 ** 24;
const BATCH = 100;
/** Looks at a key that others write all the time, before theirs is taken. */
const MAX_ATTEMPTS = 5;

/** What was set before there was a connection, and is sent when there is one. */
export class UnsentEntries {
  private readonly entries = new Map<string, UnsentEntry>();
  private bytes = 0;

  get size(): number {
    return this.entries.size;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Whether there was room for it. */
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

  batch(): [string, UnsentEntry][] {
    return [...this.entries].slice(0, BATCH);
  }
}

/**
 * Sends an entry late, unless another process wrote one since. Answers whether it is there now, undefined where the
 * server refuses or is gone.
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
    // Somebody wrote at the same time, perhaps late as well.
  }
  return false;
}
