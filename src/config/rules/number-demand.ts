import { display } from './declared-text.js';
import type { RuleOfSetting } from './rule-description.js';

/** The rules of a number that one sentence says together. */
export const TOGETHER = new Set(['integer', 'min', 'max', 'port']);

/** A number's rules belong together: the sentence says all of them, whichever was broken. */
export function numberDemand(rules: readonly RuleOfSetting[]): string {
  const of = new Map(rules.map(({ name, args }) => [name, args?.['limit'] ?? true]));
  const isPort = of.has('port');
  const noun = isPort ? 'must be a port,' : `must be a ${of.has('integer') ? 'whole ' : ''}number`;
  const least = of.has('min') ? display(of.get('min')) : isPort ? '0' : undefined;
  const most = of.has('max') ? display(of.get('max')) : isPort ? '65535' : undefined;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined) return `${noun}, at least ${least}`;
  if (most !== undefined) return `${noun}, at most ${most}`;
  return noun;
}
