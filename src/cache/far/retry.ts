import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1000;

/** Retries with growing pauses until it succeeds or the signal is aborted. Does not keep the process alive. */
export async function retry(
  attempt: () => Promise<void>,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let ms = FIRST_PAUSE_MS; !signal.aborted; ms = Math.min(2 * ms, MAX_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
    await pause(ms, signal);
  }
}

/** Waits for 50 to 100 % of `ms` milliseconds, so that processes do not all retry at the same time. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms * (0.5 + Math.random() / 2), undefined, { ref: false, signal }).catch(() => undefined);
}
