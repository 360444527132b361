import type { LoadedSettings } from './config.instance.js';
import { REDACTED, redactCredentials } from '../model/redaction.js';
import { SecretTexts } from '../model/secret-texts.js';

/** A setting as `explain()` shows it. */
export interface ExplainedSetting {
  /** The name of the setting and of its variable. */
  readonly name: string;
  /**
   * 'application', 'environment', the `_FILE` variable, '$CREDENTIALS_DIRECTORY/X', '$SECRETS_DIR/X', 'secretsDir/X',
   * the `.env` file, 'default' or 'unset'.
   */
  readonly origin: string;
  /** The value, or '[redacted]'. */
  readonly value: unknown;
  /** The purpose of the setting; '' if its class does not state it. */
  readonly about: string;
}

/** The values of all settings that are set, by name. */
export function visibleValues(settings: readonly ExplainedSetting[]): Record<string, unknown> {
  return Object.fromEntries(
    settings.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
  );
}

/** Settings with their redacted values. */
export function explainSettings(
  { settings, origins }: Pick<LoadedSettings, 'settings' | 'origins'>,
  values: Readonly<Record<string, unknown>>,
): ExplainedSetting[] {
  const secrets = new SecretTexts(settings.values(), values);
  return [...settings.values()].map(({ name, secret, about = '' }) => {
    const value = values[name];
    const origin = origins.get(name) ?? (value === undefined ? 'unset' : 'default');
    const isHidden = secret && value !== undefined;
    return { name, origin, value: isHidden ? REDACTED : redactCredentials(secrets.redact(value)), about };
  });
}
