import Joi, { type AnySchema, type CustomHelpers, type ErrorReport, type ObjectSchema } from 'joi';
import { ConfigDefinitionError } from '../config.error.js';
import type { Setting } from '../setting.registry.js';

/** A refusal whose text the library itself wrote, and which therefore may be shown. */
export class Refusal {
  constructor(
    readonly message: string,
    readonly code: 'invalid' | 'weak',
    /** What to do next, if it is not what the setting's own `fix` says. */
    readonly fix?: string,
  ) {}
}

/** Refuses a value from within a `.custom()` rule, with a text that must not quote it. */
export function refuse(
  helpers: CustomHelpers,
  text: string,
  code: 'invalid' | 'weak' = 'invalid',
  fix?: string,
): ErrorReport {
  return helpers.error('setting.refused', { refusal: new Refusal(text, code, fix) });
}

/** The kinds of Joi rules whose yield cannot be frozen. */
const MUTABLE_TYPES = new Set(['date', 'binary']);

/** One Joi object for all settings, so that `Joi.ref` and `.when` reach across them. */
export function compileRules(settings: Iterable<Setting>): ObjectSchema {
  return Joi.object(Object.fromEntries([...settings].map((setting) => [setting.name, compileRule(setting)])));
}

function compileRule({ name, rule }: Setting): AnySchema {
  const { type = 'any' } = rule;
  if (MUTABLE_TYPES.has(type)) {
    throw new ConfigDefinitionError(
      `${name}: a ${type} rule yields an object that cannot be frozen; keep the text and convert it where it is used`,
    );
  }
  if (rule.$_getFlag('error') !== undefined) {
    throw new ConfigDefinitionError(`${name}: a rule with .error() hides every other problem: use fix`);
  }
  const optional = ['presence', 'default'].some((flag) => rule.$_getFlag(flag) !== undefined);
  const strict = optional ? rule : rule.required();
  // Joi itself reads only 'true' and 'false'.
  return type === 'boolean'
    ? (strict as Joi.BooleanSchema).truthy('1', 'yes', 'on').falsy('0', 'no', 'off')
    : strict;
}

/** A text as the rule's type wants it: lists from commas, newlines or JSON, objects from JSON. */
export function prepare(value: unknown, { rule }: Setting): unknown {
  if (typeof value !== 'string') return value;
  if (rule.type === 'boolean') return value.trim();
  if (rule.type === 'object') return parsed(value);
  if (rule.type !== 'array') return value;
  const json = value.trim().startsWith('[') ? parsed(value) : undefined;
  const items: unknown[] = Array.isArray(json) ? json : value.split(/[,\n]/);
  return items.map((item) => (typeof item === 'string' ? item.trim() : item)).filter((item) => item !== '');
}

/** The rule refuses a text that is no JSON; the parser's own message would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
