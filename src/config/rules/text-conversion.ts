import Joi, {
  type AnySchema,
  type CoerceFunction,
  type CoerceResult,
  type CustomHelpers,
  type Extension,
} from 'joi';
import { refuse } from './refusal.js';
import { describeRule } from '../model/rule-description.js';

type Conversion = (text: string, helpers: CustomHelpers) => CoerceResult | undefined;

/**
 * A rule that reads texts as people write them, wherever it wants a list, an object or a boolean: in items, properties,
 * alternatives and the branches of `.when`, too. A value that the rule names itself stays as it is.
 */
export function readingText(rule: AnySchema, isBesideNumbers = false): AnySchema {
  const branches = rule.type === 'alternatives' ? alternativesOf(rule) : [];
  const hasNumbers =
    branches.some(({ type }) => type === 'number') || (branches.length > 0 && isBesideNumbers);
  const each = (part: unknown) => (Joi.isSchema(part) ? readingText(part, hasNumbers) : undefined);
  const inside = rule.$_modify({ each: each as never, ref: false }).$_mutateRebuild();
  const { type = 'any' } = inside;
  if (type === 'array') return extended(inside, { prepare: onText(listOf) });
  if (type === 'object') return extended(inside, { prepare: onText(objectOf) });
  if (type !== 'boolean') return inside;
  // Beside numbers, 1 and 0 are numbers.
  return extended(inside, { coerce: onText(isBesideNumbers ? wordOf : booleanOf) as CoerceFunction });
}

function alternativesOf(rule: AnySchema): AnySchema[] {
  const matches = rule.$_terms['matches'] as readonly { readonly schema?: AnySchema }[];
  return matches.flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
}

/** The same rule, of a type that converts. */
function extended(rule: AnySchema, conversion: Pick<Extension, 'prepare' | 'coerce'>): AnySchema {
  const type = rule.type!;
  const joi = Joi.extend({ type, base: rule, ...conversion }) as Record<string, () => AnySchema>;
  return joi[type]!();
}

/** Converts texts that are no value of the rule's own, such as one in `.allow()`. */
function onText(convert: Conversion) {
  return (value: unknown, helpers: CustomHelpers): CoerceResult | undefined => {
    if (typeof value !== 'string') return undefined;
    return valuesOf(helpers.schema).includes(value) ? undefined : convert(value, helpers);
  };
}

const values = new WeakMap<object, readonly unknown[]>();

/** The values that a rule names itself; describing a rule takes longer than all the rest. */
function valuesOf(rule: AnySchema): readonly unknown[] {
  let own = values.get(rule);
  if (own === undefined) values.set(rule, (own = describeRule(rule).allow ?? []));
  return own;
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

const wordOf: Conversion = (text) => {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? { value: WORDS[word] } : undefined;
};

const booleanOf: Conversion = (text, helpers) => {
  const digit = text.trim();
  return digit === '1' || digit === '0' ? { value: digit === '1' } : wordOf(text, helpers);
};

/** One item a line, or separated by commas, or JSON. */
const listOf: Conversion = (text, helpers) => {
  if (text.trim() === '') return undefined;
  const json = parsed(text);
  if (Array.isArray(json)) return { value: json };
  if (isMeantAsJson(text)) {
    return refused(text, helpers, 'is not valid JSON: write ["a", "b"], or the items without brackets');
  }
  const items = text.split(/[,\n]/).map((item) => item.trim());
  return { value: items.filter((item) => item !== '') };
};

const objectOf: Conversion = (text, helpers) => {
  const json = parsed(text);
  if (typeof json === 'object' && json !== null) return { value: json };
  return /^\s*[[{]/.test(text)
    ? refused(text, helpers, 'is not valid JSON: write {"name": "value"}')
    : undefined;
};

function refused(value: string, helpers: CustomHelpers, text: string): CoerceResult {
  return { value, errors: [refuse(helpers, text)] };
}

/** Text with a bracket before it that is no IPv6 address, [::1]:80, and no pattern, [a-z]+. */
function isMeantAsJson(text: string): boolean {
  const isAddress = /^\s*\[[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?\]/i.test(text);
  return !isAddress && /^\s*\[(?:\s*(?:$|["'[{]|-?\d+\s*[,\]]|true|false|null)|[^]*\]\s*$)/.test(text);
}

/** Undefined where the text is no JSON; the parser's own message would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
