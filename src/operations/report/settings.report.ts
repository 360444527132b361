import { type BaseConfig, stateOf } from '../../config/index.js';
import type { SettingReport } from '../operations.report.js';

/** The most characters of a value: a certificate has thousands. */
const MAX_SHOWN = 2_000;

/** Every setting with its redacted value, and what its declaration says. */
export function reportSettings(config: BaseConfig): SettingReport[] {
  const { settings } = stateOf(config);
  return config.explain().map(({ name, value, origin, about }) => {
    const { secret = false, rule } = settings.get(name) ?? {};
    const unit = rule?.$_getFlag('unit') as string | undefined;
    return {
      name,
      ...(value === undefined ? {} : { value: bounded(value) }),
      origin,
      isDefault: origin === 'default' || origin === 'unset',
      isSecret: secret,
      about,
      ...(unit === undefined ? {} : { unit }),
    };
  });
}

function bounded(value: unknown): unknown {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length <= MAX_SHOWN ? value : `${text.slice(0, MAX_SHOWN)}…`;
}
