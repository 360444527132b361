/**
 * A page that shows what this process has: settings, checks, cache, keys, lifecycle and fleet, also as JSON and as metrics.
 * {@link OperationsModule} adds it to a service.
 *
 * @module nestjs-production-config/operations
 */

export { OperationsError } from './operations.error.js';
export { OperationsModule } from './operations.module.js';
export type { OperationsOptions } from './operations.options.js';
export type { CacheInterval, CacheReport } from './cache-report.js';
export type {
  CheckReport,
  FleetReport,
  OperationsReport,
  ProcessReport,
  ReportedFinding,
  SettingReport,
  SilencedFinding,
} from './operations.report.js';
export { OperationsReporter } from './operations.reporter.js';
export type { KeyGroup, KeyGroupReport } from '../cache/index.js';
export type { KeyReport, KeysReport } from '../keys/index.js';
export type { DrainReport, LifecycleReport } from '../lifecycle/index.js';
export type { ListReport, ListsReport } from '../pagination/index.js';
