import Joi, {
  type AnySchema,
  type CoerceFunction,
  type CoerceResult,
  type CustomHelpers,
  type Extension,
} from 'joi';
import { refuse } from '../model/rule-rejection.js';
import { describeRule } from '../model/rule-description.js';

type Conversion = (text: string, helpers: CustomHelpers) => CoerceResult | undefined;

/**
 * Extends a rule so that it converts text to lists, objects and booleans, also inside items, properties, alternatives
 * and the branches of `.when`. A text that the rule itself allows stays unchanged.
 */
export function withTextConversion(rule: AnySchema, isBesideNumbers = false): AnySchema {
  const branches = rule.type === 'alternatives' ? alternativesOf(rule) : [];
  const hasNumbers =
    branches.some(({ type }) => type === 'number') || (branches.length > 0 && isBesideNumbers);
  const each = (part: unknown) => (Joi.isSchema(part) ? withTextConversion(part, hasNumbers) : undefined);
  const inside = rule.$_modify({ each: each as never, ref: false }).$_mutateRebuild();
  const { type = 'any' } = inside;
  if (type === 'array') return extendRule(inside, TO_LIST);
  if (type === 'object') return extendRule(inside, TO_OBJECT);
  if (type !== 'boolean') return inside;
  // If an alternative is a number, 1 and 0 are numbers.
  return extendRule(inside, isBesideNumbers ? WORD_TO_BOOLEAN : TO_BOOLEAN);
}

function alternativesOf(rule: AnySchema): AnySchema[] {
  const matches = rule.$_terms['matches'] as readonly { readonly schema?: AnySchema }[];
  return matches.flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
}

type TextConversion = Pick<Extension, 'prepare' | 'coerce'>;

const converting = new WeakMap<TextConversion, AnySchema>();

/** The same rule, with a type that converts text. */
export function extendRule<Rule extends AnySchema>(rule: Rule, conversion: TextConversion): Rule {
  const plain = (Joi as unknown as Partial<Record<string, () => AnySchema>>)[rule.type!]?.();
  // The type of an extension has methods of its own.
  if (plain === undefined || Object.getPrototypeOf(plain) !== Object.getPrototypeOf(rule)) {
    return extendType(rule, conversion);
  }
  // Joi.extend() takes milliseconds, concat() does not.
  const extended = converting.get(conversion) ?? extendType(plain, conversion);
  converting.set(conversion, extended);
  return extended.concat(rule) as Rule;
}

function extendType<Rule extends AnySchema>(base: Rule, conversion: TextConversion): Rule {
  const type = base.type!;
  return (Joi.extend({ type, base, ...conversion }) as Record<string, () => Rule>)[type]!();
}

/** Converts texts, except those that the rule allows itself, as in `.allow()`. */
function onText(convert: Conversion) {
  return (value: unknown, helpers: CustomHelpers): CoerceResult | undefined => {
    if (typeof value !== 'string') return undefined;
    return valuesOf(helpers.schema).includes(value) ? undefined : convert(value, helpers);
  };
}

const values = new WeakMap<object, readonly unknown[]>();

/** The values that a rule allows itself. Cached, because describing a rule is slow. */
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

/** Items separated by newlines or commas, or JSON. */
const listOf: Conversion = (text, helpers) => {
  if (text.trim() === '') return undefined;
  const json = parseJson(text);
  if (Array.isArray(json)) return { value: json };
  if (isMeantAsJson(text)) {
    return rejectText(text, helpers, 'is not valid JSON: write ["a", "b"], or the items without brackets');
  }
  const items = text.split(/[,\n]/).map((item) => item.trim());
  return { value: items.filter((item) => item !== '') };
};

const objectOf: Conversion = (text, helpers) => {
  const json = parseJson(text);
  if (typeof json === 'object' && json !== null) return { value: json };
  return /^\s*[[{]/.test(text)
    ? rejectText(text, helpers, 'is not valid JSON: write {"name": "value"}')
    : undefined;
};

const TO_LIST: TextConversion = { prepare: onText(listOf) };
const TO_OBJECT: TextConversion = { prepare: onText(objectOf) };
const TO_BOOLEAN: TextConversion = { coerce: onText(booleanOf) as CoerceFunction };
const WORD_TO_BOOLEAN: TextConversion = { coerce: onText(wordOf) as CoerceFunction };

export function rejectText(value: string, helpers: CustomHelpers, text: string): CoerceResult {
  return { value, errors: [refuse(helpers, text)] };
}

/** Whether a text with a leading bracket is JSON, and not an IPv6 address, [::1]:80, or a pattern, [a-z]+. */
function isMeantAsJson(text: string): boolean {
  const isAddress = /^\s*\[[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?\]/i.test(text);
  return !isAddress && /^\s*\[(?:\s*(?:$|["'[{]|-?\d+\s*[,\]]|true|false|null)|[^]*\]\s*$)/.test(text);
}

/** Undefined if the text is not JSON: the parser's error message would contain the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
