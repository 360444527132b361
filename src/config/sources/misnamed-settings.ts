import type { Setting } from '../setting.registry.js';
import type { Reading } from './layer.js';
import { nearMiss, worded } from './near-miss.js';

/** What shells, containers and npm set by themselves: HOSTNAME is no slip of HOST_NAME. */
const AMBIENT =
  /^(?:HOME|HOSTNAME|USER|USERNAME|LOGNAME|PATH|SHELL|PWD|OLDPWD|SHLVL|TERM|LANG|LANGUAGE|MAIL|TMPDIR|TEMP|TMP|EDITOR|DISPLAY|(?:LC|XDG|SSH|npm)_.*)$/;

/** For each setting that is not set: the unknown name that was probably meant for it. */
export function misnamedSettings(
  settings: ReadonlyMap<string, Setting>,
  readings: ReadonlyMap<string, Reading>,
  names: ReadonlySet<string>,
): Map<string, string> {
  const known = (name: string) =>
    settings.has(name) || settings.get(name.replace(/_FILE$/, ''))?.secret === true;
  // A name of other characters was not mistyped, and would not stay on its line of the report.
  const unknown = [...names].filter((name) => /^[\w.-]+$/.test(name) && !known(name) && !AMBIENT.test(name));
  const wanted = [...settings.keys()].filter(
    (name) => settings.get(name)!.rule.$_getFlag('presence') !== 'forbidden',
  );
  const longer = (name: string) => wanted.filter((each) => each.startsWith(`${name}_`));
  const found = new Map<string, string>();
  // CACHE_TTL is CACHE_TTL_SECONDS without its end, and no slip of CACHE_URL.
  for (const name of unknown.filter((each) => each.includes('_'))) {
    const meant = longer(name);
    if (meant[0] !== undefined && !meant.some((each) => readings.has(each))) found.set(meant[0], name);
  }
  const slips = unknown.filter((name) => longer(name).length === 0).map(worded);
  for (const name of wanted) {
    if (readings.has(name) || found.has(name)) continue;
    const { secret } = settings.get(name)!;
    const near = nearMiss(name, slips) ?? (secret ? nearMiss(`${name}_FILE`, slips) : undefined);
    if (near !== undefined) found.set(name, near);
  }
  return found;
}
