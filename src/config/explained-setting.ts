import { stateOf } from './config.instance.js';
import { REDACTED, shown } from './redaction.js';

/** A setting as `explain()` shows it. */
export interface ExplainedSetting {
  readonly name: string;
  /**
   * 'application', 'environment', the `_FILE` variable, '$CREDENTIALS_DIRECTORY/X', '$SECRETS_DIR/X', 'secretsDir/X',
   * the `.env` file, 'default' or 'unset'.
   */
  readonly origin: string;
  /** The value, or '[redacted]'. */
  readonly value: unknown;
  readonly about: string;
}

/** Every setting of an instance that was loaded. */
export function explainedSettings(config: object): ExplainedSetting[] {
  const { settings, origins } = stateOf(config);
  return [...settings.values()].map(({ name, secret, about = '' }) => {
    const value = (config as Record<string, unknown>)[name];
    const origin = origins.get(name) ?? (value === undefined ? 'unset' : 'default');
    return { name, origin, value: secret && value !== undefined ? REDACTED : shown(value), about };
  });
}
