import type { RuleDescription, RuleOfSetting } from '../model/rule-description.js';

/** The names of a failure that the rule declares as properties. Other names could come from the value. */
export function declaredNames(names: readonly unknown[], described: readonly RuleDescription[]): string[] {
  const declared = new Set(described.flatMap(({ keys = {} }) => Object.keys(keys)));
  return names.filter((name): name is string => typeof name === 'string' && declared.has(name));
}

/** The texts in an option of a rule, such as the schemes of a `.uri()`. */
export function listOf(described: readonly RuleDescription[], name: string, option: string): string[] {
  const found = described
    .flatMap(({ rules = [] }) => rules)
    .filter((rule) => rule.name === name)
    .flatMap(({ args }) => (args?.['options'] as Record<string, unknown> | undefined)?.[option] ?? []);
  return found.filter((text) => typeof text === 'string');
}

export function countOf(limit: unknown, noun: string): string {
  const nouns = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${display(limit)} ${limit === 1 ? noun : nouns}`;
}

export function list(valids: unknown): string {
  return Array.isArray(valids)
    ? valids.map((valid) => (typeof valid === 'object' ? display(valid) : String(valid))).join(', ')
    : 'the allowed values';
}

/** The sum in a Joi expression such as '{DRAIN_SECONDS + 6}'; undefined for any other expression. */
export function sumIn(expression: string | undefined): string | undefined {
  return /^\{(\w+ \+ \d+)\}$/.exec(expression ?? '')?.[1];
}

/** A limit as text. A reference to another setting is shown as that setting's name. */
export function display(limit: unknown): string {
  if (typeof limit === 'object' && limit !== null) {
    const {
      ref,
      path,
      template,
      source = template,
    } = limit as {
      readonly ref?: { readonly path: string[] };
      readonly path?: string[];
      /** Of an expression in a description. */
      readonly template?: string;
      /** Of an expression in a failure. */
      readonly source?: string;
    };
    return sumIn(source) ?? (ref?.path ?? path ?? ['another setting']).join('.');
  }
  return typeof limit === 'number' || typeof limit === 'bigint' ? String(limit) : 'the required number of';
}

/** The rules of a number that are stated in one sentence. */
export const NUMBER_RULES = new Set(['integer', 'min', 'max', 'port']);

/** All rules of a number in one sentence, whichever was broken. */
export function numberConstraint(rules: readonly RuleOfSetting[]): string {
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
