export { LifecycleError } from './lifecycle.error.js';
export { LifecycleMetrics } from './lifecycle.metrics.js';
export { type DrainReport, type LifecycleReport, reportLifecycle } from './lifecycle.report.js';
export { PROBE_OPTIONS, type ProbeOptions } from './probes.js';
export { Readiness, type ReadinessCheckOptions, type ReadinessIndicator } from './readiness.js';
export { endBootSignals, exitOnSignalDuringBoot } from './signals.js';
export { warnOfMissingShutdown } from './missing-shutdown.js';
export { shutdownGracefully } from './shutdown-gracefully.js';
