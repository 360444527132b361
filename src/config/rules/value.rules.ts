import { isIP } from 'node:net';
import Joi, { type AnySchema, type ArraySchema, type NumberSchema, type StringSchema } from 'joi';
import type { RuleOutput } from '../model/setting.decorator.js';
import { databaseUrlFault } from '../urls/database-url.js';
import { hostFault, isPort } from '../urls/url-fault.js';
import { parseByteSize, parseDuration } from './quantities.js';
import { refuse } from '../model/rule-rejection.js';
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

/** A TCP port, 0 to 65535; 0 lets the system choose one. */
export function port(): NumberSchema {
  return Joi.number().port();
}

/** What `url()` accepts. */
export interface UrlOptions {
  /** The schemes, such as ['https']. Default: any. */
  readonly schemes?: readonly string[];
}

const WEB = /^(?:https?|wss?)$/;

/**
 * A URL, as text. A web address is one that `new URL()` reads; another URL is one that the driver of its scheme reads as it
 * was meant, as for `databaseUrl()`: an unescaped # in a password, for example, is refused.
 */
export function url({ schemes = [] }: UrlOptions = {}): StringSchema {
  const accepted = schemes.map((each) => each.toLowerCase());
  const begins =
    accepted.length === 0 ? '' : ` that begins with ${accepted.map((each) => `${each}://`).join(' or ')}`;
  return Joi.string()
    .trim()
    .custom((text: string, helpers) => {
      const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
      if (scheme === undefined || (accepted.length > 0 && !accepted.includes(scheme))) {
        return refuse(helpers, `must be a URL${begins}`);
      }
      const fault = WEB.test(scheme) ? webFault(text) : databaseUrlFault(text);
      return fault === undefined ? text : refuse(helpers, fault);
    })
    .note(`must be a URL${begins}`);
}

function webFault(text: string): string | undefined {
  if (/[\p{Cc}\s]/u.test(text)) return 'must be a URL, which has no white space';
  return /^[a-z]+:\/\/[^/]/i.test(text) && URL.canParse(text)
    ? undefined
    : 'must be a URL such as https://host/path';
}

/** A name or an address; no user, path or list of hosts. */
const HOST = /^[\p{L}\p{M}\p{N}._-]+$/u;

const HOST_FORM = 'must be the name or the address of a host, without a scheme or port';

/**
 * The name or the address of a host, without a port. Unlike `Joi.string().hostname()`, it accepts names with an underscore, as
 * Docker Compose makes them. An IPv6 address loses its brackets.
 */
export function host(): StringSchema {
  return Joi.string()
    .trim()
    .custom((text: string, helpers) => hostIn(text) ?? refuse(helpers, HOST_FORM))
    .note(HOST_FORM);
}

/** A host as drivers take it, or undefined if the text is not a host. */
export function hostIn(text: string): string | undefined {
  const address = text.replace(/^\[(.*:.*)\]$/, '$1');
  if (isIP(address) > 0) return address;
  return HOST.test(text) && hostFault([text]) === undefined ? text : undefined;
}

/** The result of `hostPort()`. */
export interface HostPort {
  /** The name or address; an IPv6 address without brackets. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/**
 * A host and a port, such as `db.internal:5432` or `[::1]:6379`.
 *
 * @param standard the port of a text without one. Default: the text must name it
 */
export function hostPort(standard?: number): AnySchema<HostPort> {
  const form = `must be ${standard === undefined ? 'a host and a port' : 'a host, or a host and a port'}, such as db.internal:5432`;
  return Joi.any<HostPort>()
    .custom((value: unknown, helpers) => {
      const text = String(value).trim();
      const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
      const number = digits ?? standard?.toString() ?? '';
      const found = hostIn(name);
      return found === undefined || !isPort(number)
        ? refuse(helpers, form)
        : { host: found, port: Number(number) };
    })
    .note(form);
}

/** A list: items separated by commas or line breaks, or JSON. Each item is checked and converted by the rule. */
export function list<Rule extends AnySchema>(item: Rule): ArraySchema<readonly RuleOutput<Rule>[]> {
  return Joi.array<readonly RuleOutput<Rule>[]>().items(item);
}

/** One of these texts, with their literal type. */
export function oneOf<const Text extends string>(...texts: readonly [Text, ...Text[]]): StringSchema<Text> {
  return Joi.string<Text>().valid(...texts);
}

/**
 * Text that is JSON, checked by the rule.
 *
 * @param rule of the parsed value. Default: any
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
