import Joi, { type AnySchema, type ArraySchema, type NumberSchema, type StringSchema } from 'joi';
import type { RuleOutput } from '../model/setting.decorator.js';
import { parseByteSize, parseDuration } from './quantities.js';
import { extendRule, parseJson, rejectText } from './text-conversion.js';

const UNIT = { s: { ms: 1000, name: 'seconds' }, ms: { ms: 1, name: 'milliseconds' } } as const;

/**
 * A duration such as `90s`, `15m`, `1h30m`, `2 days` or `1w`, as a number in the given unit. A plain number is in that unit.
 * Add limits as for a number: `duration('s').min(60)`.
 *
 * @param unit 's' for seconds, 'ms' for milliseconds
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(duration('s').default(900), { about: 'How long a session lasts' })
 *   readonly SESSION_SECONDS!: number;
 * }
 * ```
 */
export function duration(unit: 's' | 'ms'): NumberSchema {
  const { ms, name } = UNIT[unit];
  const form = `a duration such as 90s, 15m or 2h, or a number of ${name}`;
  return numberFrom(form, (text) => {
    const parsed = parseDuration(text);
    if (parsed === undefined) return undefined;
    return Number.isInteger(parsed / ms) ? parsed / ms : `must be whole ${name}`;
  })
    .integer()
    .min(0)
    .unit(unit);
}

/**
 * A size such as `64mb`, `512KiB` or `1g` (powers of 1024), as a number of bytes. A plain number is bytes. Add limits as
 * for a number: `byteSize().max(2 ** 20)`.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(byteSize().max(2 ** 20).default(65_536), { about: 'The largest body of a request' })
 *   readonly MAX_BODY_BYTES!: number;
 * }
 * ```
 */
export function byteSize(): NumberSchema {
  return numberFrom('a size such as 64mb, or a number of bytes', parseByteSize)
    .integer()
    .min(0)
    .unit('bytes');
}

/** A number of this form. The conversion yields a number, undefined for another form, or the reason of a refusal. */
function numberFrom(form: string, convert: (text: string) => number | string | undefined): NumberSchema {
  const rule = extendRule(Joi.number(), {
    coerce: {
      from: 'string',
      method(value: string, helpers) {
        const converted = convert(value) ?? `must be ${form}`;
        return typeof converted === 'number' ? { value: converted } : rejectText(value, helpers, converted);
      },
    },
  });
  return rule.note(`must be ${form}`);
}

/**
 * A list: items separated by commas or line breaks, or JSON. Each item is checked and converted by the rule.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(list(url({ schemes: ['https'] })).default([]), { about: 'Origins whose pages may call the API' })
 *   readonly ORIGINS!: readonly string[];
 * }
 * ```
 */
export function list<Rule extends AnySchema>(item: Rule): ArraySchema<readonly RuleOutput<Rule>[]> {
  return Joi.array<readonly RuleOutput<Rule>[]>().items(item);
}

/**
 * One of these texts, with their literal type.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(oneOf('eu', 'us').default('eu'), { about: 'The region of the data' })
 *   readonly REGION!: 'eu' | 'us';
 * }
 * ```
 */
export function oneOf<const Text extends string>(...texts: readonly [Text, ...Text[]]): StringSchema<Text> {
  return Joi.string<Text>().valid(...texts);
}

/**
 * Text that is JSON, checked by the rule.
 *
 * @param rule of the parsed value. Default: any
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(json(Joi.object<{ daily: number }>({ daily: Joi.number().required() })), { about: 'The quota of a tenant' })
 *   readonly QUOTA!: { readonly daily: number };
 * }
 * ```
 */
export function json<T>(rule: AnySchema<T> = Joi.any<T>()): AnySchema<T> {
  return extendRule(rule, {
    prepare(value: unknown, helpers) {
      if (typeof value !== 'string') return undefined;
      const parsed = parseJson(value);
      return parsed === undefined ? rejectText(value, helpers, 'is not valid JSON') : { value: parsed };
    },
  }).note('must be JSON');
}
