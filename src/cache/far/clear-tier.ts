import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';

/** Removes all entries, with a deadline for each step. Returns where it stopped; undefined if it completed. */
export async function clearTier(
  tier: SharedTier,
  breaker: SharedCircuitBreaker,
  from?: string,
): Promise<{ readonly at: string | undefined } | undefined> {
  let at = from;
  do {
    const step = at;
    const answer = await breaker.run(() => tier.clear(step));
    if (answer === undefined) return { at };
    at = answer.value;
  } while (at !== undefined);
  return undefined;
}
