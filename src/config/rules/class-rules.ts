import Joi, { type AnySchema, type ObjectSchema } from 'joi';
import { type ConfigShape, type Setting, settingsIn, shapeOf } from '../model/config-shape.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { withTextConversion } from './text-conversion.js';

/** A class with its settings, and the one Joi object that checks them. */
interface Rules {
  readonly shape: ConfigShape;
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
    const shape = shapeOf(type, overlay);
    ofType.set(overlay, (rules = { shape, settings: settingsIn(shape), schema: compileRules(shape) }));
  }
  return rules;
}

/** The types of Joi rules whose values cannot be frozen. */
const MUTABLE_TYPES = new Set(['date', 'binary']);

/**
 * One Joi object for all settings, with one for each group, so that `Joi.ref` and `.when` can refer to other settings:
 * `Joi.ref('port')` beside a setting, `Joi.ref('...PAGE_SIZE')` outside of its group.
 */
function compileRules({ settings, groups }: ConfigShape): ObjectSchema {
  return Joi.object(
    Object.fromEntries([
      ...[...settings].map(([field, setting]) => [field, compileRule(setting)] as const),
      ...[...groups].map(([field, group]) => [field, compileRules(group)] as const),
    ]),
  );
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
