import Joi, { type AnySchema, type ObjectSchema } from 'joi';
import { type Setting, settingsOf } from '../model/setting.registry.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { withTextConversion } from './text-conversion.js';

/** The settings of a class, and the one Joi object that checks them. */
interface Rules {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly schema: ObjectSchema;
}

const compiled = new WeakMap<Function, WeakMap<Function, Rules>>();

/** The rules of a class with those of an overlay. Compiled once per process. */
export function rulesOf(type: Function, overlay: Function = type): Rules {
  const ofType = compiled.get(type) ?? new WeakMap<Function, Rules>();
  compiled.set(type, ofType);
  let rules = ofType.get(overlay);
  if (rules === undefined) {
    const settings = settingsOf(type, overlay);
    ofType.set(overlay, (rules = { settings, schema: compileRules(settings.values()) }));
  }
  return rules;
}

/** The types of Joi rules whose values cannot be frozen. */
const MUTABLE_TYPES = new Set(['date', 'binary']);

/** One Joi object for all settings, so that `Joi.ref` and `.when` can refer to other settings. */
function compileRules(settings: Iterable<Setting>): ObjectSchema {
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
  return withTextConversion(optional ? rule : rule.required());
}
