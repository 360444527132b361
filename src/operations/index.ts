/**
 * A page that shows what this process has: settings, checks, cache, keys, lifecycle and fleet, also as JSON and as metrics.
 * {@link OperationsModule} adds it to a service.
 *
 * @module nestjs-production-config/operations
 */

export { OperationsError } from './operations.error.js';
export { OperationsModule } from './operations.module.js';
export type { OperationsOptions } from './operations.options.js';
export type { CacheReport, CacheTimePoint, PrefixReport } from './cache-report.js';
export type {
  CheckFinding,
  CheckReport,
  FleetReport,
  KeyReport,
  KeysReport,
  LifecycleReport,
  ListReport,
  ListsReport,
  OperationsReport,
  ProcessReport,
  SettingReport,
} from './operations.report.js';
export { OperationsReporter } from './operations.reporter.js';
