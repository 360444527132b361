import { randomUUID } from 'node:crypto';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { DistributedLock } from './shared-lookup.js';
import type { SharedTier } from './shared.tier.js';

// A process that dies with a lock keeps the others waiting for no longer than this.
const LOCK_MS = 5_000;
/** Whoever hangs with a lock keeps it no longer than this. */
const MAX_HELD_MS = 60_000;

/** Takes the lock on a key: 'taken' where another process has it, undefined where nobody can tell. */
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
