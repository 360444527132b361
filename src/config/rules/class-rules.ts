import Joi, { type AnySchema, type ObjectSchema } from 'joi';
import { type ConfigShape, type Setting, settingsIn, shapeOf } from '../model/config-shape.js';
import { type ConfigPart, partOf } from '../model/config-part.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { withTextConversion } from './text-conversion.js';

/** What is read of a class, and the one Joi object that checks it. */
interface Rules extends ConfigPart {
  /** What is read and checked, by the name of the variable. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** All settings of the class. */
  readonly known: ReadonlyMap<string, Setting>;
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
    ofType.set(overlay, (rules = compile(shape, { picked: shape, checked: shape })));
  }
  return rules;
}

/** The rules of a part of a class, and those that they refer to. */
export function rulesOfPart(type: Function, overlay: Function = type, fields: readonly string[]): Rules {
  const shape = shapeOf(type, overlay);
  return compile(shape, partOf(shape, fields));
}

function compile(shape: ConfigShape, part: ConfigPart): Rules {
  const settings = settingsIn(part.checked);
  return { ...part, settings, known: settingsIn(shape), schema: compileRules(part.checked) };
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
