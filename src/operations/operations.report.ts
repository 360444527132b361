import type { FleetSnapshot } from '../fleet/index.js';
import type { KeysReport } from '../keys/index.js';
import type { LifecycleReport } from '../lifecycle/index.js';
import type { ListsReport } from '../pagination/index.js';
import type { CacheReport } from './cache-report.js';

/** What the page shows, and `/ops.json` returns. It holds no secret; times are ISO texts; every list is bounded. */
export interface OperationsReport {
  /** The version of this shape. It changes if a field is removed or gets another meaning. */
  readonly schema: 1;
  /** When the report was made. */
  readonly at: string;
  /** The process. */
  readonly process: ProcessReport;
  /** What is unfit for production. */
  readonly checks: CheckReport;
  /** Every setting, as `explain()` shows it. */
  readonly settings: readonly SettingReport[];
  /** The cache of this process, and the shared one. */
  readonly cache: CacheReport;
  /** The lists of the application. */
  readonly lists: ListsReport;
  /** The key ring. */
  readonly keys: KeysReport;
  /** Whether the process gets requests. */
  readonly lifecycle: LifecycleReport;
  /** All workers of the service. */
  readonly fleet: FleetReport;
}

/** The process that made the report. */
export interface ProcessReport {
  /** The configuration class, such as 'AppConfig', or 'AppConfig under DevelopmentConfig'. */
  readonly config: string;
  /** RELEASE; absent if it is unset. */
  readonly release?: string;
  /** The name of the machine or container. */
  readonly host: string;
  /** The id of the process. */
  readonly pid: number;
  /** The version of Node. */
  readonly node: string;
  /** When the process started. */
  readonly startedAt: string;
  /** Memory of the process, in bytes. */
  readonly rssBytes: number;
  /** The part of the heap that is in use, in bytes. */
  readonly heapBytes: number;
  /** The most bytes that the heap can have. */
  readonly heapLimitBytes: number;
}

/** A setting. */
export interface SettingReport {
  /** The name of its variable. */
  readonly name: string;
  /** The value, or '[redacted]'. Absent if the setting is unset. */
  readonly value?: unknown;
  /** Where the value comes from, as `explain()` names it. */
  readonly origin: string;
  /** Whether no source has a value, so that the default counts, if there is one. */
  readonly isDefault: boolean;
  /** Whether it is a secret. */
  readonly isSecret: boolean;
  /** The purpose of the setting; '' if its class does not state it. */
  readonly about: string;
  /** The unit of a number: 's', 'ms', 'bytes', or what the rule names by `.unit()`. */
  readonly unit?: string;
}

/** The checks of the configuration. */
export interface CheckReport {
  /** What is unfit. */
  readonly findings: readonly ReportedFinding[];
  /** What the class silences, with its reasons. */
  readonly silenced: readonly SilencedFinding[];
  /** Silences that matched nothing. */
  readonly unusedSilences: readonly string[];
}

/** A result of a check. */
export interface ReportedFinding {
  /** Stable. */
  readonly id: string;
  /** The setting concerned, if any. */
  readonly name?: string;
  /** What is unfit. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A silenced result. */
export interface SilencedFinding extends ReportedFinding {
  /** Why it is acceptable. */
  readonly reason: string;
}

/** What the workers report, or why they do not. */
export type FleetReport =
  | FleetSnapshot
  | {
      /** Workers do not report. */
      readonly state: 'off';
      /** What to do so that they do. */
      readonly reason: string;
    };
