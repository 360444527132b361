import type { ConfigWarning } from '../config/config.warning.js';
import { CommandError } from './command.js';

/** A warning that somebody decided to live with. */
export interface SilencedWarning extends ConfigWarning {
  /** Why it does not matter here. */
  readonly reason: string;
}

/** Reads `<id>=<reason>` texts: what is silenced without a reason is forgotten, not decided. */
export function parseSilences(texts: readonly string[], known: readonly string[]): Map<string, string> {
  const silences = new Map<string, string>();
  for (const text of texts) {
    const [, id = text, reason = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    if (!known.includes(id)) {
      throw new CommandError(`no warning has the id '${id}'; there are: ${known.join(', ')}`);
    }
    if (reason.trim() === '')
      throw new CommandError(`--silence ${id} needs a reason: --silence ${id}='why it is fine'`);
    silences.set(id, reason.trim());
  }
  return silences;
}

/** Splits warnings into those that stand and those that are silenced. */
export function applySilences(
  all: readonly ConfigWarning[],
  silences: ReadonlyMap<string, string>,
): { warnings: ConfigWarning[]; silenced: SilencedWarning[] } {
  return {
    warnings: all.filter(({ id }) => !silences.has(id)),
    silenced: all.flatMap((warning) => {
      const reason = silences.get(warning.id);
      return reason === undefined ? [] : [{ ...warning, reason }];
    }),
  };
}
