import type { Setting } from './setting.registry.js';

/** Something that boots but should not ship. Never holds a secret. */
export interface ConfigWarning {
  /** Stable: `production-config check --silence` takes it. */
  readonly id: string;
  /** The setting that it is about, if it is about one. */
  readonly name?: string;
  readonly message: string;
  readonly fix?: string;
}

/** The id of what a setting's own `warn` says: 'log-level' for LOG_LEVEL. */
export function warningIdOf({ name, warningId }: Setting): string {
  return warningId ?? name.toLowerCase().replaceAll('_', '-');
}

/** A warning as the log and the report say it. */
export function sentenceOf({ name, message, fix }: ConfigWarning): string {
  const what = name === undefined ? message : `${name} ${message}`;
  return fix === undefined ? what : `${what}: ${fix}`;
}
