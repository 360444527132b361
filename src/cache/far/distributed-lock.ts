import { randomUUID } from 'node:crypto';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { DistributedLock } from './shared-lookup.js';
import type { SharedTier } from './shared.tier.js';

// A process that dies while it holds a lock delays the others by no more than this.
const LOCK_MS = 5_000;
/** The maximum time that a process holds a lock if its load hangs. */
const MAX_HELD_MS = 60_000;

/** Takes the lock on a key. Returns 'taken' if another process has it, undefined if the shared tier does not answer. */
export async function takeLock(
  key: string,
  tier: SharedTier,
  breaker: SharedCircuitBreaker,
): Promise<DistributedLock | 'taken' | undefined> {
  const owner = randomUUID();
  const taken = await breaker.run(() => tier.lock(key, owner, LOCK_MS));
  if (taken === undefined) return undefined;
  if (!taken.value) return 'taken';
  const until = performance.now() + MAX_HELD_MS;
  const holding = setInterval(() => {
    if (performance.now() >= until) clearInterval(holding);
    else void breaker.run(() => tier.extend(key, owner, LOCK_MS));
  }, LOCK_MS / 3).unref();
  let released: Promise<unknown> | undefined;
  return {
    release: async () => {
      clearInterval(holding);
      await (released ??= breaker.run(() => tier.unlock(key, owner)));
    },
  };
}
