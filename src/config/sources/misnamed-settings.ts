import type { Setting } from '../setting.registry.js';
import type { Reading } from './environment.source.js';
import { nearMiss } from './near-miss.js';

/** For each setting that is not set: the unknown name that was probably meant for it. */
export function misnamedSettings(
  settings: ReadonlyMap<string, Setting>,
  readings: ReadonlyMap<string, Reading>,
  names: ReadonlySet<string>,
): Map<string, string> {
  const known = (name: string) =>
    settings.has(name) || settings.get(name.replace(/_FILE$/, ''))?.secret === true;
  // A name of other characters was not mistyped, and would not stay on its line of the report.
  const unknown = [...names].filter((name) => /^[\w.-]+$/.test(name) && !known(name));
  const found = new Map<string, string>();
  for (const [name, { rule, secret }] of settings) {
    if (readings.has(name) || rule.$_getFlag('presence') === 'forbidden') continue;
    const near = nearMiss(name, unknown) ?? (secret ? nearMiss(`${name}_FILE`, unknown) : undefined);
    if (near !== undefined) found.set(name, near);
  }
  return found;
}
