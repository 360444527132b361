import type { RuleDescription, RuleOfSetting } from '../model/rule-description.js';
import { TOGETHER, declaredNames, display, limited, list, listOf, numberDemand } from './declared-text.js';

/** What a sentence is made of. The context may hold the value: of its texts only those are said that the rule declares. */
export interface Failure {
  readonly context: Readonly<Record<string, unknown>>;
  readonly described: readonly RuleDescription[];
  readonly isSecret: boolean;
}

type Text = (context: Readonly<Record<string, unknown>>, failure: Failure) => string;

const BOOLEAN = 'must be true or false (or 1, 0, yes, no, on, off)';
const ANY_FORM = 'has none of the allowed forms';
const LACKS_ITEM = 'lacks an item that has to be there';

/** What a rule wants, by the code under which it refuses; undefined where the code says nothing. */
export function demandText(code: string, failure: Failure): string | undefined {
  const text = TEXTS[code] ?? TEXTS[`${code.split('.')[0]}.*`];
  // Joi may answer for one of several forms; all of them are said where all can be.
  const isOneOfSeveral = failure.described[0]?.type === 'alternatives' && code !== 'alternatives.one';
  const forms = isOneOfSeveral ? TEXTS['alternatives.*']!(failure.context, failure) : ANY_FORM;
  return forms === ANY_FORM ? text?.(failure.context, failure) : forms;
}

/** What a rule asks of a value, as far as it says so: sentences that begin with 'must'. */
export function demandsOf(rule: RuleDescription, isSecret: boolean): string[] {
  const { type = 'any', rules = [], flags = {}, allow } = rule;
  const failure = { described: [rule], isSecret };
  const text = (code: string, context: Record<string, unknown> = {}) => {
    const said = TEXTS[code]?.(context, { ...failure, context });
    return said?.startsWith('must ') === true ? [said] : [];
  };
  if (flags.only === true) return text('any.only', { valids: allow });
  if (type === 'alternatives') return text('alternatives.*');
  const ofRule = ({ name, args = {} }: RuleOfSetting) =>
    // Joi describes positive() and negative() as a sign, and the number of multiple() as its base.
    text(`${type}.${name === 'sign' ? String(args['sign']) : name}`, { ...args, multiple: args['base'] });
  if (type === 'number') {
    return [numberDemand(rules), ...rules.filter(({ name }) => !TOGETHER.has(name)).flatMap(ofRule)];
  }
  const base = ['boolean', 'array', 'object'].includes(type) ? text(`${type}.*`) : [];
  return [...base, ...rules.flatMap(ofRule)];
}

const size =
  (words: string, noun: string): Text =>
  ({ limit }) =>
    `must have ${words} ${limited(limit, noun)}`;
const length =
  (words: string): Text =>
  ({ limit, encoding }) =>
    `must have ${words} ${limited(limit, encoding === undefined ? 'character' : 'byte')}`;
const properties =
  (words: string, ...from: string[]): Text =>
  (context, { described }) => {
    const names = declaredNames(
      (from.length === 0 ? ['peers'] : from).flatMap((name) => context[name]),
      described,
    );
    return names.length === 0 ? 'must be a JSON object of the required form' : `${words} ${names.join(', ')}`;
  };

const TEXTS: Readonly<Record<string, Text>> = {
  'any.required': () => 'is missing',
  'any.unknown': () => 'must not be set',
  'any.only': ({ valids }, { described, isSecret }) => {
    if (described[0]?.type === 'boolean') {
      return `must be ${String(valids) === 'false' ? 'off (false, 0, no or off)' : 'on (true, 1, yes or on)'}`;
    }
    return isSecret ? 'must be one of the allowed values' : `must be one of ${list(valids)}`;
  },
  'any.invalid': (_context, { described, isSecret }) => {
    const refused = isSecret ? [] : described.flatMap(({ invalid = [] }) => invalid).filter(isScalar);
    return refused.length === 0 ? 'has a value that is not allowed' : `must not be ${refused.join(' or ')}`;
  },
  'any.ref': ({ ref }) => `cannot be checked without ${display(ref)}, to which its rule refers`,
  'any.default': () => 'has a default that throws',
  'any.failover': () => 'has a failover that throws',
  'array.min': size('at least', 'item'),
  'array.max': size('at most', 'item'),
  'array.length': size('exactly', 'item'),
  'array.orderedLength': size('at most', 'item'),
  'array.unique': () => 'must not name an item twice',
  'array.includes': (_context, { described, isSecret }) => formsOf(described, isSecret),
  'array.excludes': () => 'is not of an allowed form',
  'array.includesRequiredUnknowns': () => LACKS_ITEM,
  'array.includesRequiredKnowns': () => LACKS_ITEM,
  'array.includesRequiredBoth': () => LACKS_ITEM,
  'array.hasUnknown': () => LACKS_ITEM,
  'array.hasKnown': () => LACKS_ITEM,
  'array.sort': () => 'must be in order',
  'array.sparse': () => 'must have no empty item',
  'array.*': () => 'must be a list, separated by commas or newlines',
  'alternatives.one': () => 'has several of the allowed forms, of which it must have one',
  'alternatives.*': (_context, { described, isSecret }) => {
    const { matches = [] } = described.find((rule) => rule.matches !== undefined) ?? {};
    return formsOf(
      matches.flatMap(({ schema }) => schema ?? []),
      isSecret,
    );
  },
  'boolean.*': () => BOOLEAN,
  'date.*': () => 'must be a date',
  'link.*': () => 'is nested too deeply',
  'number.integer': () => 'must be a whole number',
  'number.min': ({ limit }) => `must be a number, at least ${display(limit)}`,
  'number.max': ({ limit }) => `must be a number, at most ${display(limit)}`,
  'number.greater': ({ limit }) => `must be a number greater than ${display(limit)}`,
  'number.less': ({ limit }) => `must be a number less than ${display(limit)}`,
  'number.multiple': ({ multiple }) => `must be a multiple of ${display(multiple)}`,
  'number.positive': () => 'must be a positive number',
  'number.negative': () => 'must be a negative number',
  'number.precision': ({ limit }) => `must have at most ${limited(limit, 'decimal place')}`,
  'number.infinity': () => 'must be a finite number',
  'number.port': () => 'must be a port, from 0 to 65535',
  'number.unsafe': () =>
    `is more than a number holds exactly (whole numbers end at ${Number.MAX_SAFE_INTEGER}): declare it as text to keep all of it`,
  'number.*': () => 'must be a number',
  'object.unknown': () => 'is not known',
  'object.min': size('at least', 'property'),
  'object.max': size('at most', 'property'),
  'object.length': size('exactly', 'property'),
  'object.and': properties('must also have', 'missing'),
  'object.nand': properties('must not have all of', 'main', 'peers'),
  'object.missing': properties('must have one of'),
  'object.xor': properties('must have only one of'),
  'object.oxor': properties('must have at most one of'),
  'object.with': properties('must also have', 'peer'),
  'object.without': properties('must not also have', 'peer'),
  'object.pattern.match': () => 'has property names that are not of the required form',
  'object.*': () => 'must be a JSON object of the required form',
  'string.empty': () => 'must not be empty',
  'string.min': length('at least'),
  'string.max': length('at most'),
  'string.length': length('exactly'),
  'string.alphanum': () => 'must be letters and digits',
  'string.token': () => 'must be letters, digits and underscores',
  'string.lowercase': () => 'must be in lower case',
  'string.uppercase': () => 'must be in upper case',
  'string.trim': () => 'must not begin or end with white space',
  'string.normalize': () => 'must be normalized Unicode',
  'string.creditCard': () => 'must be the number of a credit card',
  'string.email': () => 'must be an e-mail address',
  'string.guid': () => 'must be a UUID',
  'string.hex': () => 'must be hexadecimal',
  'string.hexAlign': () => 'must be hexadecimal, with two digits a byte',
  'string.hostname': () => 'must be a host name',
  'string.domain': () => 'must be a domain name',
  'string.ip': (_context, { described }) => {
    const versions = listOf(described, 'ip', 'version');
    return versions.length === 0 ? 'must be an IP address' : `must be an IP address (${versions.join(', ')})`;
  },
  'string.ipVersion': (context, failure) => TEXTS['string.ip']!(context, failure),
  'string.isoDate': () => 'must be an ISO 8601 date',
  'string.isoDuration': () => 'must be an ISO 8601 duration',
  'string.base64': () => 'must be base64',
  'string.dataUri': () => 'must be a data: URL',
  'string.uri': (_context, { described }) => {
    const schemes = listOf(described, 'uri', 'scheme');
    return schemes.length === 0
      ? 'must be a URL'
      : `must be a URL that begins with ${schemes.map((scheme) => `${scheme}:`).join(' or ')}`;
  },
  'string.uriRelativeOnly': () => 'must be a relative URL',
  'string.uriCustomScheme': (context, failure) => TEXTS['string.uri']!(context, failure),
  'string.pattern.name': ({ name }, { described }) => patternText(name, described, 'must have the form of a'),
  'string.pattern.invert.name': ({ name }, { described }) =>
    patternText(name, described, 'must not have the form of a'),
  'string.pattern.invert.base': () => 'has a form that is not allowed',
  'string.base': () => 'must be text',
  'string.*': () => 'does not have the required form',
};

/** What one of several rules asks for, where each of them says it. */
function formsOf(rules: readonly RuleDescription[], isSecret: boolean): string {
  const forms = rules.map((rule) => demandsOf(rule, isSecret).join(' and '));
  return forms.length === 0 || forms.includes('') ? ANY_FORM : forms.join(', or ');
}

function patternText(name: unknown, described: readonly RuleDescription[], words: string): string {
  const names = listOf(described, 'pattern', 'name');
  return typeof name === 'string' && names.includes(name)
    ? `${words} ${name}`
    : 'does not have the required form';
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
