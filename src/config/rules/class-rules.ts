import type { ObjectSchema } from 'joi';
import { settingsOf, type Setting } from '../setting.registry.js';
import { compileRules } from './compiled-rules.js';

/** The settings of a class, and the one Joi object that checks them. */
interface Rules {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly schema: ObjectSchema;
}

const compiled = new WeakMap<Function, WeakMap<Function, Rules>>();

/** The rules of a class, under those of an overlay: compiled once, however many applications a process starts. */
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
