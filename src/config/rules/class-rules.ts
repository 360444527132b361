import Joi, { type AnySchema, type ObjectSchema } from 'joi';
import { type ConfigShape, type Setting, settingsIn, shapeOf } from '../model/config-shape.js';
import { type ConfigPart, partOf } from '../model/config-part.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { rootPathsOf } from '../model/rule-references.js';
import { describeRule } from '../model/rule-description.js';
import { withTextConversion } from './text-conversion.js';

/** What is read of a class, and the one Joi object that checks it. */
interface Rules extends ConfigPart {
  /** What is read and checked, by the name of the variable. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** The whole class. */
  readonly whole: ConfigShape;
  readonly schema: ObjectSchema;
}

const compiled = new WeakMap<Function, WeakMap<Function, Rules>>();

/**
 * The rules of a class with those of an overlay, compiled once per process; or of a part of it, with those that they refer
 * to.
 *
 * @param only the fields of the part
 * @param needed settings that the part needs besides, by the name of their variable
 */
export function rulesOf(
  type: Function,
  overlay: Function = type,
  only?: readonly string[],
  needed?: ReadonlySet<string>,
): Rules {
  if (only !== undefined) {
    const whole = shapeOf(type, overlay);
    return compile(whole, partOf(whole, only, needed));
  }
  const ofType = compiled.get(type) ?? new WeakMap<Function, Rules>();
  compiled.set(type, ofType);
  let rules = ofType.get(overlay);
  if (rules === undefined) {
    const shape = shapeOf(type, overlay);
    ofType.set(overlay, (rules = compile(shape, { picked: shape, checked: shape })));
  }
  return rules;
}

function compile(whole: ConfigShape, part: ConfigPart): Rules {
  return { ...part, whole, settings: settingsIn(part.checked), schema: compileRules(part.checked) };
}

/** The types of Joi rules whose values cannot be frozen. */
const MUTABLE_TYPES = new Set(['date', 'binary']);

/**
 * One Joi object for all settings, with one for each group, so that `Joi.ref` and `.when` can refer to other settings:
 * `Joi.ref('port')` beside a setting, `Joi.ref('...PAGE_SIZE')` outside of its group.
 */
function compileRules({ type, settings, groups }: ConfigShape): ObjectSchema {
  const rules = Object.fromEntries<AnySchema>([
    ...[...settings].map(([field, setting]) => [field, compileRule(setting)] as const),
    ...[...groups].map(([field, group]) => [field, compileRules(group)] as const),
  ]);
  try {
    return Joi.object(rules);
  } catch (error) {
    const [, what = ''] =
      /^item added into group (\S+) created a dependencies error$/.exec((error as Error).message) ?? [];
    if (what === '') throw error;
    throw new ConfigDefinitionError(
      `${type.name}: rules refer to each other in a circle with ${what}; a group is checked as a whole`,
    );
  }
}

function compileRule(setting: Setting): AnySchema {
  const { name, rule } = setting;
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
  const standard: unknown = rule.$_getFlag('default');
  if (type === 'number' && typeof standard === 'string' && !describeRule(rule).allow?.includes(standard)) {
    throw new ConfigDefinitionError(`${name}: its default is a text, which is not converted: write a number`);
  }
  return afterRoots(withTextConversion(optional ? rule : rule.required()), setting);
}

/** Joi sorts by the references of rules, but not by those to the root: '/mail.host' would be read before it is checked. */
function afterRoots(rule: AnySchema, setting: Setting): AnySchema {
  const paths = rootPathsOf(setting);
  if (paths.length === 0) return rule;
  const sorted = (rule as AnySchema & { clone(): AnySchema }).clone();
  for (const path of paths) {
    const common = path.findIndex((field, index) => field !== setting.path[index]);
    const ancestor = setting.path.length - common;
    if (common !== -1 && ancestor > 0) sorted.$_mutateRegister(Joi.ref(path[common]!, { ancestor }) as never);
  }
  return sorted;
}
