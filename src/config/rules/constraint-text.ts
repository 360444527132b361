import type { RuleDescription, RuleOfSetting } from '../model/rule-description.js';
import {
  NUMBER_RULES,
  declaredNames,
  display,
  countOf,
  list,
  listOf,
  numberConstraint,
} from './rule-text.js';

/** The input of a sentence. The context may contain the value: only texts that the rule declares may be shown. */
export interface Failure {
  readonly context: Readonly<Record<string, unknown>>;
  readonly described: readonly RuleDescription[];
  readonly isSecret: boolean;
}

type Text = (context: Readonly<Record<string, unknown>>, failure: Failure) => string;

const BOOLEAN = 'must be true or false (or 1, 0, yes, no, on, off)';
const ANY_FORM = 'has none of the allowed forms';
const LACKS_ITEM = 'lacks a required item';

/** The constraint that failed, by Joi's error code. Undefined for an unknown code. */
export function constraintText(code: string, failure: Failure): string | undefined {
  const text = TEXTS[code] ?? TEXTS[`${code.split('.')[0]}.*`];
  // Joi may report only one of several alternatives. State all of them if each has a text.
  const isOneOfSeveral = failure.described[0]?.type === 'alternatives' && code !== 'alternatives.one';
  const forms = isOneOfSeveral ? TEXTS['alternatives.*']!(failure.context, failure) : ANY_FORM;
  return forms === ANY_FORM ? text?.(failure.context, failure) : forms;
}

/** The constraints of a rule that can be stated: sentences that begin with 'must'. */
export function constraintTexts(rule: RuleDescription, isSecret: boolean): string[] {
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
    return [numberConstraint(rules), ...rules.filter(({ name }) => !NUMBER_RULES.has(name)).flatMap(ofRule)];
  }
  const base = ['boolean', 'array', 'object'].includes(type) ? text(`${type}.*`) : [];
  return [...base, ...rules.flatMap(ofRule)];
}

const size =
  (words: string, noun: string): Text =>
  ({ limit }) =>
    `must have ${words} ${countOf(limit, noun)}`;
const length =
  (words: string): Text =>
  ({ limit, encoding }) =>
    `must have ${words} ${countOf(limit, encoding === undefined ? 'character' : 'byte')}`;
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
  'any.ref': ({ ref }) => `cannot be checked without ${display(ref)}, which its rule refers to`,
  'any.default': () => 'has a default that throws',
  'any.failover': () => 'has a failover that throws',
  'array.min': size('at least', 'item'),
  'array.max': size('at most', 'item'),
  'array.length': size('exactly', 'item'),
  'array.orderedLength': size('at most', 'item'),
  'array.unique': () => 'must not contain an item twice',
  'array.includes': (_context, { described, isSecret }) => formsOf(described, isSecret),
  'array.excludes': () => 'does not have an allowed form',
  'array.includesRequiredUnknowns': () => LACKS_ITEM,
  'array.includesRequiredKnowns': () => LACKS_ITEM,
  'array.includesRequiredBoth': () => LACKS_ITEM,
  'array.hasUnknown': () => LACKS_ITEM,
  'array.hasKnown': () => LACKS_ITEM,
  'array.sort': () => 'must be in order',
  'array.sparse': () => 'must have no empty item',
  'array.*': () => 'must be a list, separated by commas or newlines',
  'alternatives.one': () => 'matches several of the allowed forms but must match only one',
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
  'number.precision': ({ limit }) => `must have at most ${countOf(limit, 'decimal place')}`,
  'number.infinity': () => 'must be a finite number',
  'number.port': () => 'must be a port, from 0 to 65535',
  'number.unsafe': () =>
    `is more than a number can hold exactly (the largest whole number is ${Number.MAX_SAFE_INTEGER}): declare it as text to keep every digit`,
  'number.*': () => 'must be a number',
  'object.unknown': () => 'is unknown',
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
  'object.pattern.match': () => 'has property names that do not have the required form',
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
  'string.creditCard': () => 'must be a credit card number',
  'string.email': () => 'must be an e-mail address',
  'string.guid': () => 'must be a UUID',
  'string.hex': () => 'must be hexadecimal',
  'string.hexAlign': () => 'must be hexadecimal, with two digits per byte',
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

/** The constraints of all alternatives, if each can be stated. */
function formsOf(rules: readonly RuleDescription[], isSecret: boolean): string {
  const forms = rules.map((rule) => constraintTexts(rule, isSecret).join(' and '));
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
