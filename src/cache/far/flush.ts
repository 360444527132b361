import { Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { StaleKeyRepair } from './stale-key-repair.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';

/** How long shutdown waits for unsent changes. */
export const FLUSH_MS = 2000;
const POLL_MS = 10;

/** Waits up to `ms` milliseconds until all changes have reached the shared tier. */
export async function flush(
  breaker: SharedCircuitBreaker,
  repair: StaleKeyRepair,
  ms: number,
): Promise<void> {
  const until = performance.now() + ms;
  const isDone = () => breaker.isIdle && repair.pending === 0;
  while (!isDone() && performance.now() < until) await delay(POLL_MS);
}

/** @param isLast whether later changes will not be sent either */
export function warnUnsent(pending: number, isLast: boolean): void {
  if (pending === 0) return;
  const changes =
    pending === Infinity ? 'all changes' : `changes of ${pending} key${pending === 1 ? '' : 's'}`;
  new Logger('Cache').warn(
    `The shared cache was closed before ${changes} reached it: other processes may serve old values until they expire.` +
      (isLast ? ' Later changes of this process are not sent either.' : ''),
  );
}
