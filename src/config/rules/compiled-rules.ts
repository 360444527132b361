import Joi, { type AnySchema, type ObjectSchema } from 'joi';
import { ConfigDefinitionError } from '../config.error.js';
import type { Setting } from '../setting.registry.js';
import { readingText } from './text-conversion.js';

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
  return readingText(optional ? rule : rule.required());
}
