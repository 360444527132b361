import type { ConfigWarning } from '../config/model/config.warning.js';
import { CommandError } from './command.js';

/** A silenced warning. */
export interface SilencedWarning extends ConfigWarning {
  /** Why it was silenced. */
  readonly reason: string;
}

/** A silence on the command line. Without a setting's name it applies to every warning with the id. */
interface Silence {
  readonly id: string;
  readonly name: string | undefined;
  readonly reason: string;
}

/** Parses `<id>=<reason>` and `<id>:<setting>=<reason>`. A reason is required. */
export function parseSilences(texts: readonly string[], known: readonly string[]): Silence[] {
  return texts.map((text) => {
    const [, id = text, name, reason = ''] = /^([^=:]*)(?::([^=]*))?=(.*)$/s.exec(text) ?? [];
    if (!known.includes(id)) {
      throw new CommandError(`no warning has the id '${id}'; valid ids: ${known.join(', ')}`);
    }
    if (reason.trim() === '') {
      throw new CommandError(`--silence ${id} needs a reason: --silence ${id}='why this is acceptable'`);
    }
    return { id, name, reason: reason.trim() };
  });
}

/** Splits warnings into active and silenced ones, and lists silences that match no warning. */
export function applySilences(all: readonly ConfigWarning[], silences: readonly Silence[]) {
  const meets = (silence: Silence, { id, name }: ConfigWarning) =>
    silence.id === id && (silence.name === undefined || silence.name === name);
  const warnings: ConfigWarning[] = [];
  const silenced: SilencedWarning[] = [];
  for (const warning of all) {
    const silence = silences.find((candidate) => meets(candidate, warning));
    if (silence === undefined) warnings.push(warning);
    else silenced.push({ ...warning, reason: silence.reason });
  }
  const idle = silences.filter((silence) => !all.some((warning) => meets(silence, warning)));
  const unusedSilences = idle.map(({ id, name }) => (name === undefined ? id : `${id}:${name}`));
  return { warnings, silenced, unusedSilences };
}
