import type { LoadedSettings } from './config.instance.js';
import { REDACTED, shown } from '../model/redaction.js';
import { SecretTexts } from '../model/secret-texts.js';

/** A setting as `explain()` shows it. */
export interface ExplainedSetting {
  /** The setting's name, which is the variable's, too. */
  readonly name: string;
  /**
   * 'application', 'environment', the `_FILE` variable, '$CREDENTIALS_DIRECTORY/X', '$SECRETS_DIR/X', 'secretsDir/X',
   * the `.env` file, 'default' or 'unset'.
   */
  readonly origin: string;
  /** The value, or '[redacted]'. */
  readonly value: unknown;
  /** What the setting is for; '' where its class does not say. */
  readonly about: string;
}

/** The values of those that are set, by their names. */
export function shownValues(settings: readonly ExplainedSetting[]): Record<string, unknown> {
  return Object.fromEntries(
    settings.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
  );
}

/** Settings with what may be shown of their values. */
export function explainedSettings(
  { settings, origins }: Pick<LoadedSettings, 'settings' | 'origins'>,
  values: Readonly<Record<string, unknown>>,
): ExplainedSetting[] {
  const secrets = new SecretTexts(settings.values(), values);
  return [...settings.values()].map(({ name, secret, about = '' }) => {
    const value = values[name];
    const origin = origins.get(name) ?? (value === undefined ? 'unset' : 'default');
    const isHidden = secret && value !== undefined;
    return { name, origin, value: isHidden ? REDACTED : shown(secrets.redact(value)), about };
  });
}
