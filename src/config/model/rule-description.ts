import type { AnySchema } from 'joi';

/** The part of Joi's `describe()` that is used. It contains no values. */
export interface RuleDescription extends Branch {
  readonly type?: string;
  readonly rules?: readonly RuleOfSetting[];
  readonly flags?: { readonly only?: boolean; readonly presence?: string; readonly default?: unknown };
  /** What the rules of this package, and `.note()`, say of the form of a value. */
  readonly notes?: readonly string[];
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

/** A rule with all its branches of `.when()` and all its alternatives. */
export function variantsOf(description: RuleDescription): RuleDescription[] {
  const branches = [...(description.matches ?? []), ...(description.whens ?? [])];
  return [description, ...branches.flatMap(rulesIn).flatMap(variantsOf)];
}

function rulesIn({ schema, then, otherwise, switch: cases = [] }: Branch): RuleDescription[] {
  const own = [schema, then, otherwise].flatMap((rule) => (rule === undefined ? [] : [rule]));
  return [...own, ...cases.flatMap(rulesIn)];
}

/** The descriptions of a path inside a rule, in each of the rule's variants. */
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

/** Whether a rule, or one of its variants, allows the empty text. */
export function allowsBlank(rule: AnySchema): boolean {
  return variantsOf(describeRule(rule)).some(({ allow = [] }) => allow.includes(''));
}
