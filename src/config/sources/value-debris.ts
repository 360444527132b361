import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import type { Setting } from '../model/setting.registry.js';
import type { Reading } from './layer.js';
import { isServiceAddress } from './platform-variables.js';
import { type StrayText, strayTextIn } from './stray-text.js';

/** What was read, and what the rules made of it; a value that a rule refused is there as it was read. */
interface Read {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly serviceLinks: ReadonlyMap<string, string>;
}

/** Something in a value that nobody put there on purpose. */
interface Debris extends StrayText {
  readonly id: 'stray-text' | 'service-link';
}

/** What tools and orchestrators left in the values, by the name of the setting. What the application fetched is its own. */
export function debrisIn(read: Read): ReadonlyMap<string, Debris> {
  return new Map(
    [...read.readings].flatMap(([name, reading]) => {
      const debris = reading.origin === 'application' ? undefined : debrisOf(name, reading, read);
      return debris === undefined ? [] : [[name, debris]];
    }),
  );
}

function debrisOf(name: string, reading: Reading, read: Read): Debris | undefined {
  const service = reading.origin === 'environment' ? read.serviceLinks.get(name) : undefined;
  if (service !== undefined && isServiceAddress(reading.value)) {
    return {
      id: 'service-link',
      message: `holds an address that Kubernetes sets for the Service ${service}`,
      fix: "set enableServiceLinks: false in the Pod's spec, or rename the setting",
    };
  }
  const { secret } = read.settings.get(name)!;
  const stray = strayTextIn(read.values[name], { name, secret, dotenv: reading.dotenv });
  return stray && { id: 'stray-text', ...stray };
}

/** The same problems; those of values with debris say so, and how to get rid of it. */
export function explained(
  problems: readonly ConfigProblem[],
  debris: ReadonlyMap<string, Debris>,
): ConfigProblem[] {
  return problems.map((problem) => {
    const found = debris.get(problem.name);
    return found === undefined || problem.code === 'forbidden'
      ? problem
      : { ...problem, message: `${problem.message}; it ${found.message}`, fix: found.fix };
  });
}

/**
 * Debris that the rules accepted. In a secret it is a problem: a process that is started another way has another secret.
 * In a list of secrets it is a warning, because an earlier key with its quotes may have to be accepted for a while.
 */
export function acceptedDebris(
  read: Read,
  debris: ReadonlyMap<string, Debris>,
  faulty: ReadonlySet<string>,
): { readonly problems: ConfigProblem[]; readonly warnings: ConfigWarning[] } {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigWarning[] = [];
  for (const [name, { id, message, fix }] of debris) {
    if (faulty.has(name)) continue;
    if (read.settings.get(name)!.secret && !Array.isArray(read.values[name])) {
      problems.push({ name, code: 'invalid', message, fix, origin: read.readings.get(name)!.origin });
    } else {
      warnings.push({ id, name, message, fix });
    }
  }
  return { problems, warnings };
}
