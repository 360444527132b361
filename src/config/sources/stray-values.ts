import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import { parseKey } from '../model/scheduled-key.js';
import type { Setting } from '../model/config-shape.js';
import { type RawSetting, isFetched } from './layer.js';
import { isServiceAddress } from './platform-variables.js';
import { type StrayText, strayTextIn } from './stray-text.js';

/** The raw and the validated values. A rejected value is the raw one. */
interface CheckedValues {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly readings: ReadonlyMap<string, RawSetting>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly serviceLinks: ReadonlyMap<string, string>;
}

/** Unintended text or an unintended value in a setting. */
interface StrayValue extends StrayText {
  readonly id: 'stray-text' | 'service-link';
}

/** Finds what tools and orchestrators left in values, by setting. Values that the application fetched are not checked. */
export function findStrayValues(read: CheckedValues): ReadonlyMap<string, StrayValue> {
  return new Map(
    [...read.readings].flatMap(([name, reading]) => {
      const strayValues = isFetched(reading) ? undefined : strayValueOf(name, reading, read);
      return strayValues === undefined ? [] : [[name, strayValues]];
    }),
  );
}

function strayValueOf(name: string, reading: RawSetting, read: CheckedValues): StrayValue | undefined {
  const { origin, variable = name } = reading;
  const service = origin.startsWith('environment') ? read.serviceLinks.get(variable) : undefined;
  if (service !== undefined && isServiceAddress(reading.value)) {
    return {
      id: 'service-link',
      message: `contains an address that Kubernetes sets for the Service ${service}`,
      fix: "set enableServiceLinks: false in the Pod's spec, or rename the setting",
    };
  }
  const { secret } = read.settings.get(name)!;
  const stray = strayTextIn(withoutTime(read.values[name]), { name, secret, dotenv: reading.dotenv });
  return stray && { id: 'stray-text', ...stray };
}

/** Quotes, for example, may follow the time of a key. */
function withoutTime(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTime);
  return typeof value === 'string' ? (parseKey(value)?.key ?? value) : value;
}

/** Adds an explanation and a fix to the problems of values with stray text. */
export function explainProblems(
  problems: readonly ConfigProblem[],
  strayValues: ReadonlyMap<string, StrayValue>,
): ConfigProblem[] {
  return problems.map((problem) => {
    const found = strayValues.get(problem.name);
    return found === undefined || problem.code === 'forbidden'
      ? problem
      : { ...problem, message: `${problem.message}; it ${found.message}`, fix: found.fix };
  });
}

/**
 * Stray text in values that the rules accepted. In a secret it is a problem: a process started another way would have
 * another secret. In a list of secrets it is a warning, because an earlier key with quotes may still be needed.
 */
export function acceptedStrayValues(
  read: CheckedValues,
  strayValues: ReadonlyMap<string, StrayValue>,
  faulty: ReadonlySet<string>,
): { readonly problems: ConfigProblem[]; readonly warnings: ConfigWarning[] } {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigWarning[] = [];
  for (const [name, { id, message, fix }] of strayValues) {
    if (faulty.has(name)) continue;
    if (read.settings.get(name)!.secret && !Array.isArray(read.values[name])) {
      problems.push({ name, code: 'invalid', message, fix, origin: read.readings.get(name)!.origin });
    } else {
      warnings.push({ id, name, message, fix });
    }
  }
  return { problems, warnings };
}
