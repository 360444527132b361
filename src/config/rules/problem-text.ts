import type { ValidationErrorItem } from 'joi';
import type { ConfigProblem } from '../config.error.js';
import { Refusal } from './compiled-rules.js';
import type { Setting } from '../setting.registry.js';

type Texts = Readonly<Record<string, (context: Record<string, unknown>, setting: Setting) => string>>;

/** What is wrong, from the rule's code and limits alone: Joi's own message may quote the value. */
export function problemOf(
  detail: ValidationErrorItem,
  setting: Setting,
): Pick<ConfigProblem, 'code' | 'message' | 'fix'> {
  const { type, context = {}, path } = detail;
  if (type === 'any.required' && path.length === 1) return { code: 'missing', message: 'is missing' };
  if (type === 'any.unknown') return { code: 'forbidden', message: 'must not be set' };
  const place = path.slice(1).map((step) => (typeof step === 'number' ? `item ${step + 1} ` : 'a property '));
  const { refusal } = context;
  if (refusal instanceof Refusal) {
    const { code, message, fix } = refusal;
    return { code, message: `${place.join('')}${message}`, ...(fix ? { fix } : {}) };
  }
  const text = TEXTS[type] ?? TEXTS[`${type.split('.')[0]}.*`] ?? (() => 'is refused by its rule');
  const whole = path.length === 1 ? wholeText(type, context, setting) : undefined;
  return { code: 'invalid', message: `${place.join('')}${whole ?? text(context, setting)}` };
}

const TOGETHER = new Set(['integer', 'min', 'max', 'port']);

/** What the rule as a whole asks for, where one sentence says it; items and `.when` have rules of their own. */
function wholeText(type: string, { limit }: Record<string, unknown>, { rule }: Setting): string | undefined {
  if (rule.type === 'boolean' && type === 'boolean.base') {
    return 'must be true or false (or 1, 0, yes, no, on, off)';
  }
  if (rule.type !== 'number') return undefined;
  const { rules = [] } = rule.describe() as RuleDescription;
  const [, failed = ''] = type.split('.');
  const failedHere = rules.some(
    ({ name, args }) => name === failed && display(args?.['limit']) === display(limit),
  );
  const own = failed === 'base' || (TOGETHER.has(failed) && failedHere);
  return own ? numberText(argumentsOf(rules)) : undefined;
}

/** What a rule asks of a value, as far as it says so: sentences that begin with 'must'. */
export function demandsOf(setting: Setting): string[] {
  const { type = 'any' } = setting.rule;
  const { rules = [], flags = {}, allow } = setting.rule.describe() as RuleDescription;
  if (flags.only === true) return [TEXTS['any.only']!({ valids: allow }, setting)];
  if (type === 'number') {
    const others = rules.filter(({ name }) => !TOGETHER.has(name));
    return [numberText(argumentsOf(rules)), ...others.flatMap((rule) => demandOf(rule, setting))];
  }
  const base = ['boolean', 'array', 'object'].includes(type) ? [{ name: '*' }] : [];
  return [...base, ...rules].flatMap((rule) => demandOf(rule, setting));
}

function demandOf({ name, args = {} }: RuleOfSetting, setting: Setting): string[] {
  // Joi describes positive() and negative() as a sign, and the number of multiple() as its base.
  const code = `${setting.rule.type}.${name === 'sign' ? String(args['sign']) : name}`;
  const text = TEXTS[code]?.({ ...args, multiple: args['base'] }, setting);
  return text === undefined ? [] : [text];
}

interface RuleOfSetting {
  readonly name: string;
  readonly args?: Record<string, unknown>;
}

interface RuleDescription {
  readonly rules?: readonly RuleOfSetting[];
  readonly flags?: { readonly only?: boolean };
  readonly allow?: readonly unknown[];
}

/** The argument of each of a number's rules, by the rule's name. */
function argumentsOf(rules: NonNullable<RuleDescription['rules']>): Map<string, unknown> {
  return new Map(rules.map(({ name, args }) => [name, args?.['limit'] ?? true]));
}

const TEXTS: Texts = {
  'any.required': () => 'is missing',
  'any.only': (context, { secret, rule }) =>
    rule.type === 'boolean'
      ? `must be ${String(context['valids']) === 'false' ? 'off (false, 0, no or off)' : 'on (true, 1, yes or on)'}`
      : secret
        ? 'must be one of the allowed values'
        : `must be one of ${list(context['valids'])}`,
  'any.invalid': () => 'has a value that is not allowed',
  'array.min': ({ limit }) => `must have at least ${limited(limit, 'item')}`,
  'array.max': ({ limit }) => `must have at most ${limited(limit, 'item')}`,
  'array.length': ({ limit }) => `must have exactly ${limited(limit, 'item')}`,
  'array.unique': () => 'must not name an item twice',
  'array.includes': () => 'is not of an allowed form',
  'array.excludes': () => 'is not of an allowed form',
  'array.includesRequiredUnknowns': () => 'lacks an item that has to be there',
  'array.includesRequiredKnowns': () => 'lacks an item that has to be there',
  'array.includesRequiredBoth': () => 'lacks an item that has to be there',
  'array.hasUnknown': () => 'lacks an item that has to be there',
  'array.hasKnown': () => 'lacks an item that has to be there',
  'alternatives.*': () => 'has none of the allowed forms',
  'array.*': () => 'must be a list, separated by commas or newlines',
  'boolean.*': () => 'must be true or false',
  'number.integer': () => 'must be a whole number',
  'number.min': ({ limit }) => `must be a number, at least ${display(limit)}`,
  'number.max': ({ limit }) => `must be a number, at most ${display(limit)}`,
  'number.greater': ({ limit }) => `must be a number greater than ${display(limit)}`,
  'number.less': ({ limit }) => `must be a number less than ${display(limit)}`,
  'number.multiple': ({ multiple }) => `must be a multiple of ${display(multiple)}`,
  'number.positive': () => 'must be a positive number',
  'number.negative': () => 'must be a negative number',
  'number.*': () => 'must be a number',
  'object.unknown': () => 'is not known',
  'object.*': () => 'must be a JSON object of the required form',
  'string.min': ({ limit, encoding }) => `must have at least ${limited(limit, unitOf(encoding))}`,
  'string.max': ({ limit, encoding }) => `must have at most ${limited(limit, unitOf(encoding))}`,
  'string.length': ({ limit, encoding }) => `must have exactly ${limited(limit, unitOf(encoding))}`,
  'string.email': () => 'must be an e-mail address',
  'string.guid': () => 'must be a UUID',
  'string.hex': () => 'must be hexadecimal',
  'string.hostname': () => 'must be a host name',
  'string.domain': () => 'must be a domain name',
  'string.ip': () => 'must be an IP address',
  'string.ipVersion': () => 'must be an IP address of the required version',
  'string.isoDate': () => 'must be an ISO 8601 date',
  'string.isoDuration': () => 'must be an ISO 8601 duration',
  'string.base64': () => 'must be base64',
  'string.uri': () => 'must be a URL',
  'string.uriRelativeOnly': () => 'must be a relative URL',
  'string.uriCustomScheme': () => 'must be a URL with one of the allowed schemes',
  'string.base': () => 'must be text',
  'string.*': () => 'does not have the required form',
};

function unitOf(encoding: unknown): string {
  return encoding === undefined ? 'character' : 'byte';
}

function limited(limit: unknown, noun: string): string {
  return `${display(limit)} ${noun}${limit === 1 ? '' : 's'}`;
}

function list(valids: unknown): string {
  return Array.isArray(valids)
    ? valids.map((valid) => (typeof valid === 'object' ? display(valid) : String(valid))).join(', ')
    : 'the allowed values';
}

/** A limit as the rule states it; one that refers to another setting is shown by that setting's name. */
function display(limit: unknown): string {
  if (typeof limit === 'object' && limit !== null) {
    const { ref, path } = limit as { ref?: { path: string[] }; path?: string[] };
    return (ref?.path ?? path ?? ['another setting']).join('.');
  }
  return typeof limit === 'number' || typeof limit === 'bigint' ? String(limit) : 'the required number of';
}

/** A number's rules belong together: the sentence says all of them, whichever was broken. */
function numberText(rules: ReadonlyMap<string, unknown>): string {
  const isPort = rules.has('port');
  const noun = isPort ? 'must be a port,' : `must be a ${rules.has('integer') ? 'whole ' : ''}number`;
  const least = rules.has('min') ? display(rules.get('min')) : isPort ? '0' : undefined;
  const most = rules.has('max') ? display(rules.get('max')) : isPort ? '65535' : undefined;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined) return `${noun}, at least ${least}`;
  if (most !== undefined) return `${noun}, at most ${most}`;
  return noun;
}
