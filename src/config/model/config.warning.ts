import type { Setting } from './setting.registry.js';

/** A setting or environment that is valid but not fit for production. Never contains a secret. */
export interface ConfigWarning {
  /** Stable: `production-config check --silence` takes it. */
  readonly id: string;
  /** The setting concerned, if any. */
  readonly name?: string;
  readonly message: string;
  readonly fix?: string;
}

/** The id of the warning of a setting's own `warn`: 'log-level' for LOG_LEVEL. */
export function warningIdOf({ name, warningId }: Setting): string {
  return warningId ?? name.toLowerCase().replaceAll('_', '-');
}

/** A warning as a sentence for the log and the report. */
export function sentenceOf({ name, message, fix }: ConfigWarning): string {
  const what = name === undefined ? message : `${name} ${message}`;
  return fix === undefined ? what : `${what}: ${fix}`;
}
