import type { AnySchema } from 'joi';

/** What Joi's `describe()` says of a rule, as far as it is looked at. It holds nothing of any value. */
export interface RuleDescription extends Branch {
  readonly type?: string;
  readonly rules?: readonly RuleOfSetting[];
  readonly flags?: { readonly only?: boolean; readonly presence?: string; readonly default?: unknown };
  readonly allow?: readonly unknown[];
  readonly invalid?: readonly unknown[];
  readonly preferences?: { readonly messages?: Readonly<Record<string, unknown>> };
  readonly keys?: Readonly<Record<string, RuleDescription>>;
  readonly patterns?: readonly { readonly rule: RuleDescription }[];
  readonly items?: readonly RuleDescription[];
  readonly ordered?: readonly RuleDescription[];
  readonly matches?: readonly Branch[];
  readonly whens?: readonly Branch[];
}

export interface RuleOfSetting {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly message?: unknown;
}

/** A branch of `.when()`, or one of several alternatives. */
export interface Branch {
  readonly schema?: RuleDescription;
  readonly ref?: { readonly path: readonly string[] };
  readonly is?: RuleDescription;
  readonly then?: RuleDescription;
  readonly otherwise?: RuleDescription;
  readonly switch?: readonly Branch[];
}

export function describeRule(rule: AnySchema): RuleDescription {
  return rule.describe();
}

/** A rule, and every rule that it may turn into by `.when()` or as one of its alternatives. */
export function variantsOf(description: RuleDescription): RuleDescription[] {
  const branches = [...(description.matches ?? []), ...(description.whens ?? [])];
  return [description, ...branches.flatMap(rulesIn).flatMap(variantsOf)];
}

function rulesIn({ schema, then, otherwise, switch: cases = [] }: Branch): RuleDescription[] {
  const own = [schema, then, otherwise].flatMap((rule) => (rule === undefined ? [] : [rule]));
  return [...own, ...cases.flatMap(rulesIn)];
}

/** What a rule says of the place at a path, in each of its variants. */
export function describedAt(rule: RuleDescription, path: readonly (string | number)[]): RuleDescription[] {
  const [step, ...rest] = path;
  const variants = variantsOf(rule);
  if (step === undefined) return variants;
  return variants.flatMap((variant) => partsOf(variant, step)).flatMap((part) => describedAt(part, rest));
}

function partsOf(rule: RuleDescription, step: string | number): readonly RuleDescription[] {
  if (typeof step === 'number') return [...(rule.items ?? []), ...(rule.ordered ?? [])];
  const declared = rule.keys !== undefined && Object.hasOwn(rule.keys, step) ? [rule.keys[step]!] : [];
  return declared.length > 0 ? declared : (rule.patterns ?? []).map((pattern) => pattern.rule);
}

/** Whether a rule, or one that it may turn into, has the empty text among its values. */
export function allowsBlank(rule: AnySchema): boolean {
  return variantsOf(describeRule(rule)).some(({ allow = [] }) => allow.includes(''));
}
