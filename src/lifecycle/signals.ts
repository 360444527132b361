import { constants } from 'node:os';

export const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export type Signal = (typeof SIGNALS)[number];

/** The exit code of a process that ended by a signal, as shells show it. */
export function exitCodeOf(signal: Signal): number {
  return 128 + constants.signals[signal];
}

const exit = (signal: Signal) => process.exit(exitCodeOf(signal));
let isWaiting = false;

/** As process 1 of a container, a process without listeners ignores signals. During boot it exits instead. */
export function exitOnSignalDuringBoot(): void {
  if (process.pid !== 1 || isWaiting) return;
  isWaiting = true;
  for (const signal of SIGNALS) process.on(signal, exit);
}

/** From now on the application handles signals, or Nest's hooks do. */
export function endBootSignals(): void {
  isWaiting = false;
  for (const signal of SIGNALS) process.off(signal, exit);
}
