import type { Setting } from './config-shape.js';

/** The ids of warnings that only `check --connect` raises. */
export const CONNECTION_WARNING_IDS = [
  'cache-memory',
  'cache-tracking',
  'certificate-expiry',
  'clock-difference',
  'connection-budget',
  'read-only-database',
  'unchecked-connection',
] as const;

/** The ids of warnings other than those of a setting's own `warn`. */
export const WARNING_IDS = [
  ...CONNECTION_WARNING_IDS,
  'cache-server',
  'default-password',
  'dotenv-in-production',
  'dotenv-node-env',
  'heap-limit',
  'insecure-connection',
  'insecure-http-parser',
  'inspector',
  'key-time',
  'memory-dump',
  'near-miss',
  'node-debug',
  'not-a-secret',
  'retirable-key',
  'reused-secret',
  'secrets-dir',
  'security-revert',
  'service-link',
  'settings-dir',
  'stray-text',
  'tls-keylog',
  'unlistable-key',
  'unverified-tls',
  'weak-tls',
  'world-readable-secret',
] as const;

export type WarningId = (typeof WARNING_IDS)[number];

/** The id of what a setting's own `warn` or a check of the application says. */
type OwnWarningId = string & { readonly ofApplication: true };

/** A setting or environment that is valid but not fit for production. Never contains a secret. */
export interface ConfigWarning {
  /** Stable: `production-config check --silence` takes it. */
  readonly id: WarningId | OwnWarningId;
  /** The setting concerned, if any. */
  readonly name?: string;
  readonly message: string;
  readonly fix?: string;
}

/** The id of the warning of a setting's own `warn`: 'log-level' for LOG_LEVEL. */
export function warningIdOf({ name, warningId }: Setting): OwnWarningId {
  return (warningId ?? name.toLowerCase().replaceAll('_', '-')) as OwnWarningId;
}

/** A warning as a sentence for the log and the report. */
export function sentenceOf({ name, message, fix }: ConfigWarning): string {
  const what = name === undefined ? message : `${name} ${message}`;
  return fix === undefined ? what : `${what}: ${fix}`;
}
