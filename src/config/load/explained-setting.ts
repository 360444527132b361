import type { LoadedSettings } from './config.instance.js';
import { type ConfigShape, settingsIn } from '../model/config-shape.js';
import { REDACTED, redactCredentials } from '../model/redaction.js';
import { SecretTexts } from '../model/secret-texts.js';

type ShownSettings = Pick<LoadedSettings, 'shape' | 'settings' | 'origins' | 'values'>;

/** A setting as `explain()` shows it. */
export interface ExplainedSetting {
  /** The name of its variable. */
  readonly name: string;
  /**
   * 'application', 'environment', the `_FILE` variable, '$CREDENTIALS_DIRECTORY/X', '$SECRETS_DIR/X', 'secretsDir/X',
   * '$SETTINGS_DIR/X', 'settingsDir/X', the `.env` file, 'default' or 'unset'. A value under an alias adds it:
   * 'environment, as REDIS_URL'.
   */
  readonly origin: string;
  /** The value, or '[redacted]'. */
  readonly value: unknown;
  /** The purpose of the setting; '' if its class does not state it. */
  readonly about: string;
}

/** The settings that are set, redacted, by field: those of a group in an object of their own. */
export function visibleValues(loaded: ShownSettings): Record<string, unknown> {
  const shown = new Map(explainSettings(loaded).map(({ name, value }) => [name, value]));
  return viewOf(loaded.shape, shown);
}

function viewOf(
  { settings, groups }: ConfigShape,
  shown: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  const own = [...settings].map(([field, { name }]) => [field, shown.get(name)] as const);
  const inner = [...groups].map(([field, group]) => [field, viewOf(group, shown)] as const);
  return Object.fromEntries([
    ...own.filter(([, value]) => value !== undefined),
    ...inner.filter(([, group]) => Object.keys(group).length > 0),
  ]);
}

/** Settings with their redacted values. */
export function explainSettings({ shape, settings, origins, values }: ShownSettings): ExplainedSetting[] {
  const secrets = new SecretTexts(settings.values(), values);
  return [...settingsIn(shape).values()].map(({ name, secret, about = '' }) => {
    const value = values[name];
    const origin = origins.get(name) ?? (value === undefined ? 'unset' : 'default');
    const isHidden = secret && value !== undefined;
    return { name, origin, value: isHidden ? REDACTED : redactCredentials(secrets.redact(value)), about };
  });
}
