import type { LoadedSettings } from './config.instance.js';
import { type ConfigSources, environmentOf } from '../sources/environment.source.js';
import type { Environment } from '../model/config-class.js';

/**
 * The environment with the checked value of each declared setting instead of its text. A setting without a value is
 * absent, even if the environment has it.
 */
export function checkedEnvironmentOf(
  { settings, values }: Pick<LoadedSettings, 'settings' | 'values'>,
  sources: ConfigSources,
): Environment {
  const variables = new Map(Object.entries(environmentOf(sources)));
  for (const { name, alias } of settings.values()) {
    for (const each of [name, ...alias]) variables.set(each, textOf(values[name]));
  }
  return Object.fromEntries([...variables].filter(([, text]) => text !== undefined));
}

/** The value as a variable: a list is `a,b`, or JSON if an item contains a comma; an object is JSON. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const items = value.map(textOf);
    if (value.every(isScalar) && !items.some((item) => item?.includes(','))) return items.join(',');
  }
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(value, (_name, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
