import {
  type CacheConfig,
  type ConfigWarning,
  type LoadedSettings,
  type Setting,
  type WarningId,
  environmentOf,
} from '../config/index.js';
import { cacheServerAdvice } from './advice/cache-server.advice.js';
import { connectionAdvice } from './advice/connection.advice.js';
import { heapAdvice } from './advice/heap.advice.js';
import { keyScheduleAdvice } from './advice/key-schedule.advice.js';
import { nodeOptionsAdvice } from './advice/node-options.advice.js';
import {
  secretFileAdvice,
  secretReuseAdvice,
  undeclaredSecretAdvice,
  unlistableKeyAdvice,
} from './advice/secret.advice.js';

/** What the checks of this package look at. */
interface CheckSubject extends Pick<LoadedSettings, 'values' | 'files'> {
  /** The settings without a problem. */
  readonly settings: readonly Setting[];
  /** The cache whose server is asked. Undefined: none is. */
  readonly cache: CacheConfig | undefined;
}

/** A check of this package. */
interface BuiltInCheck {
  /** The ids of its warnings. */
  readonly ids: readonly [WarningId, ...WarningId[]];
  run(subject: CheckSubject): ConfigWarning[] | Promise<ConfigWarning[]>;
}

/** The checks of this package that need more than the inspection of the settings, in the order of the report. */
export const BUILT_IN_CHECKS: readonly BuiltInCheck[] = [
  {
    ids: [
      'inspector',
      'memory-dump',
      'insecure-http-parser',
      'weak-tls',
      'tls-keylog',
      'security-revert',
      'unverified-tls',
      'node-debug',
    ],
    run: () => nodeOptionsAdvice(environmentOf({})),
  },
  { ids: ['heap-limit'], run: heapAdvice },
  {
    ids: ['insecure-connection', 'unverified-tls', 'default-password'],
    run: ({ settings, values }) => connectionAdvice(settings, values, environmentOf({})),
  },
  { ids: ['world-readable-secret'], run: ({ files }) => secretFileAdvice(files) },
  { ids: ['reused-secret'], run: ({ settings, values }) => secretReuseAdvice(settings, values) },
  { ids: ['reused-secret'], run: ({ settings, values }) => undeclaredSecretAdvice(settings, values) },
  { ids: ['unlistable-key'], run: ({ values }) => unlistableKeyAdvice(values) },
  { ids: ['key-time', 'retirable-key'], run: ({ values }) => keyScheduleAdvice(values) },
  {
    ids: ['cache-server'],
    run: ({ cache }) => (cache === undefined ? [] : cacheServerAdvice(cache)),
  },
];
