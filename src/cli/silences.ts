import type { ConfigWarning } from '../config/model/config.warning.js';
import { CommandError } from './command.js';

/** A warning that somebody decided to live with. */
export interface SilencedWarning extends ConfigWarning {
  /** Why it does not matter here. */
  readonly reason: string;
}

/** What is silenced, and why; without a setting's name it is every warning with the id. */
interface Silence {
  readonly id: string;
  readonly name: string | undefined;
  readonly reason: string;
}

/** Reads `<id>=<reason>` and `<id>:<setting>=<reason>`: what is silenced without a reason is forgotten, not decided. */
export function parseSilences(texts: readonly string[], known: readonly string[]): Silence[] {
  return texts.map((text) => {
    const [, id = text, name, reason = ''] = /^([^=:]*)(?::([^=]*))?=(.*)$/s.exec(text) ?? [];
    if (!known.includes(id)) {
      throw new CommandError(`no warning has the id '${id}'; there are: ${known.join(', ')}`);
    }
    if (reason.trim() === '') {
      throw new CommandError(`--silence ${id} needs a reason: --silence ${id}='why it is fine'`);
    }
    return { id, name, reason: reason.trim() };
  });
}

/** Splits warnings into those that stand and those that are silenced, and finds silences that no warning needs. */
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
  const needless = idle.map(({ id, name }) => (name === undefined ? id : `${id}:${name}`));
  return { warnings, silenced, needless };
}
