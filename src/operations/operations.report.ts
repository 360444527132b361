import type { FleetSnapshot } from '../fleet/index.js';
import type { Readiness } from '../lifecycle/index.js';
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
  /** The lists of the application. Absent if it has none. */
  readonly lists?: ListsReport;
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
  readonly findings: readonly CheckFinding[];
  /** What would be, if it were not silenced. */
  readonly silenced: readonly CheckFinding[];
  /** Silences that matched nothing. */
  readonly unusedSilences: readonly string[];
}

/** A result of a check. */
export interface CheckFinding {
  /** Stable. */
  readonly id: string;
  /** The setting concerned, if any. */
  readonly name?: string;
  /** What is unfit. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** The lists of the application. */
export interface ListsReport {
  /** The routes that return a page. */
  readonly routes: readonly ListReport[];
}

/** A route that returns a page of a list. */
export interface ListReport {
  /** Method and path, such as 'GET /products', or the handler. */
  readonly route: string;
  /** Rows per page if the client names no limit. */
  readonly pageSize: number;
  /** The most rows of a page. */
  readonly maxPageSize: number;
  /** The largest offset; absent if there is no limit. */
  readonly maxOffset?: number;
  /** The names of the parameters. */
  readonly params: readonly string[];
  /** Whether the route cuts what its handler returns. */
  readonly isBounded: boolean;
  /** How often a handler returned more rows than asked for. */
  readonly overruns: number;
  /** How often a client asked for more rows than it may get. */
  readonly cutRequests: number;
}

/** The key ring. */
export interface KeysReport {
  /** The keys. */
  readonly keys: readonly KeyReport[];
  /** How often changed key files were adopted. */
  readonly adopted: number;
  /** How often changed key files were refused. */
  readonly refused: number;
}

/** A key, by its public id. */
export interface KeyReport {
  /** The public id, which reveals nothing about the key. */
  readonly id: string;
  /** Whether it is the key that signs. */
  readonly signs: boolean;
  /** When it begins to sign. Absent if it names no time. */
  readonly since?: string;
  /** Signatures that it verified since the start. Absent if they are not counted. */
  readonly verified?: number;
}

/** Whether the process gets requests. */
export interface LifecycleReport {
  /** As `Readiness.state`. */
  readonly state: Readiness['state'];
  /** Why the process is not ready; empty if it is. */
  readonly reasons: readonly string[];
  /** Seconds for which it serves as before after a signal. */
  readonly drainSeconds: number;
  /** The most seconds that a shutdown takes. */
  readonly shutdownSeconds: number;
  /** Requests that are being answered. Absent without `shutdownGracefully()`. */
  readonly requestsInFlight?: number;
  /** The shutdown. Absent before it begins. */
  readonly drain?: {
    /** The signal that began it, if any. */
    readonly signal?: string;
    /** What it is doing. */
    readonly phase: string;
    /** When it began. */
    readonly startedAt: string;
  };
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
