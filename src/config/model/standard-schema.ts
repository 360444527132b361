import Joi, { type AnySchema, type CustomHelpers, type ErrorReport } from 'joi';
import { RuleRejection } from './rule-rejection.js';

/**
 * A rule of any library that implements Standard Schema (https://standardschema.dev), such as zod, valibot or arktype. It
 * gets the text of the variable, and must answer synchronously.
 */
export interface StandardRule<Output = unknown> {
  /** What Standard Schema specifies. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> = { readonly value: Output; readonly issues?: undefined } | StandardFailure;

interface StandardFailure {
  readonly issues: readonly {
    readonly message: string;
    readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  }[];
}

export function isStandardRule(value: object): value is StandardRule {
  return '~standard' in value;
}

/** The same rule for Joi. The setting is optional if the rule accepts undefined; the result for undefined is the default. */
export function toJoi({ '~standard': standard }: StandardRule): AnySchema {
  const rule = Joi.any().custom((value: unknown, helpers) => {
    const result = unlessAsync(standard.validate(value));
    if (result === undefined) {
      return refuse(helpers, 'has a rule that answers asynchronously, which is not supported');
    }
    return result.issues === undefined ? result.value : refuse(helpers, messageOf(result, value));
  });
  const unset = ofUnset(standard);
  if (unset === undefined || unset.issues !== undefined) return rule;
  return unset.value === undefined ? rule.optional() : rule.default(unset.value);
}

/** Undefined if the rule throws, as one may that transforms a text. */
function ofUnset(standard: StandardRule['~standard']): StandardResult<unknown> | undefined {
  try {
    return unlessAsync(standard.validate(undefined));
  } catch {
    return undefined;
  }
}

function unlessAsync<T extends object>(result: T | Promise<T>): T | undefined {
  if (!('then' in result)) return result;
  result.then(undefined, () => undefined);
  return undefined;
}

function refuse(helpers: CustomHelpers, message: string): ErrorReport {
  return helpers.error('setting.refused', {
    refusal: new RuleRejection(message, 'invalid', undefined, true),
  });
}

/** The first issue, in one line and without what it quotes of the value. */
function messageOf({ issues }: StandardFailure, value: unknown): string {
  const { message, path = [] } = issues[0] ?? { message: 'no reason is given' };
  // A path may be a subclass of Array, whose map() is not Array's.
  const steps = Array.from(path, (step) => String(typeof step === 'object' ? step.key : step));
  const text = `${steps.length === 0 ? '' : `${steps.join('.')}: `}${message}`.replaceAll(
    /[\s\p{C}]+/gu,
    ' ',
  );
  return `is rejected: ${withoutParts(text, typeof value === 'string' ? value : JSON.stringify(value))}`;
}

/** A shorter text may be in the value by coincidence. */
const MIN_PART_LENGTH = 6;

function withoutParts(message: string, value = ''): string {
  const isPart = (text: string) => text === value || (text.length >= MIN_PART_LENGTH && value.includes(text));
  const whole = value.length < MIN_PART_LENGTH ? message : message.replaceAll(value, '…');
  return whole
    .replaceAll(/(["'`])(.*?)\1/g, (quoted, quote: string, text: string) =>
      isPart(text) ? `${quote}…${quote}` : quoted,
    )
    .replaceAll(/[^\s"'`,;()]+/g, (word) => (isPart(word) ? '…' : word));
}
