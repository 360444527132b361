import type { ConfigProblem } from '../model/config.error.js';
import { parseKeys, showTime } from '../model/scheduled-key.js';
import type { Setting } from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';

/** The settings of the keys. */
export const KEY_NAMES: readonly string[] = ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'];

/** A ring in which no key signs yet. */
export function keyScheduleProblem(
  _settings: ReadonlyMap<string, Setting>,
  { SECRET_KEY: key, SECRET_KEY_FALLBACKS: fallbacks = [] }: Readonly<Record<string, unknown>>,
  readings: ReadonlyMap<string, RawSetting>,
): ConfigProblem | undefined {
  if (typeof key !== 'string' || !Array.isArray(fallbacks)) return undefined;
  const keys = parseKeys([key, ...fallbacks].map(String));
  if (keys === undefined) return undefined;
  const first = Math.min(...keys.map(({ since }) => since));
  if (first <= Date.now()) return undefined;
  const origin = readings.get('SECRET_KEY')?.origin;
  return {
    name: 'SECRET_KEY',
    code: 'invalid',
    message: `signs from ${showTime(first)}, and no other key signs before that`,
    fix: 'list the key that signs until then in SECRET_KEY_FALLBACKS',
    ...(origin === undefined ? {} : { origin }),
  };
}
