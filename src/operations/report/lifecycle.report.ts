import type { BaseConfig } from '../../config/index.js';
import type { Readiness } from '../../lifecycle/index.js';
import type { LifecycleReport } from '../operations.report.js';

/** Whether the process is ready, and how long it takes to end. */
export function reportLifecycle(
  { state, reasons }: Readiness,
  { DRAIN_SECONDS, SHUTDOWN_SECONDS }: BaseConfig,
): LifecycleReport {
  return { state, reasons, drainSeconds: DRAIN_SECONDS, shutdownSeconds: SHUTDOWN_SECONDS };
}
