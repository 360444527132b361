import type { ConfigWarning } from '../config/index.js';

/** A silenced warning. */
export interface SilencedWarning extends ConfigWarning {
  /** Why it was silenced. */
  readonly reason: string;
}

/** A decision not to count a warning. Without a setting's name it applies to every warning with the id. */
export interface Silence {
  readonly id: string;
  readonly name: string | undefined;
  readonly reason: string;
}

/**
 * Parses `<id>` or `<id>:<setting>`, and its reason, which is required.
 *
 * @param known the ids of warnings
 * @param errorOf makes the error of an invalid silence
 */
export function parseSilence(
  text: string,
  reason: string,
  known: readonly string[],
  errorOf: (message: string) => Error,
): Silence {
  const [, id = text, name] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (!known.includes(id)) {
    throw errorOf(`no warning has the id '${id}'; valid ids: ${known.join(', ')}`);
  }
  if (typeof reason !== 'string' || reason.trim() === '')
    throw errorOf(`${text} needs a reason: why is the warning acceptable?`);
  return { id, name, reason: reason.trim() };
}

/** Splits warnings into active and silenced ones. `idle` are the silences that match none. */
export function applySilences(all: readonly ConfigWarning[], silences: readonly Silence[]) {
  const findings: ConfigWarning[] = [];
  const silenced: SilencedWarning[] = [];
  for (const warning of all) {
    const silence = silences.find((candidate) => matches(candidate, warning));
    if (silence === undefined) findings.push(warning);
    else silenced.push({ ...warning, reason: silence.reason });
  }
  const idle = silences.filter((silence) => !all.some((warning) => matches(silence, warning)));
  return { findings, silenced, idle };
}

function matches(silence: Silence, { id, name }: ConfigWarning): boolean {
  return silence.id === id && (silence.name === undefined || silence.name === name);
}
