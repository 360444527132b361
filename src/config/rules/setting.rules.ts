import type { LogLevel } from '@nestjs/common';
import Joi from 'joi';
import { NAMESPACE, cacheUrlFault } from '../urls/cache-server.js';
import { databaseUrlFault } from '../urls/database-url.js';
import { parseKey } from '../model/scheduled-key.js';
import { parseByteSize } from './quantities.js';
import { hostIn } from './address.rules.js';
import { LOG_LEVELS } from './log-level.js';
import { refuse } from '../model/rule-rejection.js';
import { weaknessOf } from '../strength/weakness.js';

/** @param unit of the number, which the operations page shows */
export function integer(least: number, most: number, unit?: string): Joi.NumberSchema {
  const rule = Joi.number().integer().min(least).max(most);
  return unit === undefined ? rule : rule.unit(unit);
}

/** Whole seconds that exceed another setting. */
export function secondsBeyond(
  other: string,
  { least, byDefault }: { readonly least: number; readonly byDefault: number },
): Joi.NumberSchema {
  const plus = (more: number) => Joi.expression(`{${other} + ${more}}`);
  return Joi.number().integer().min(plus(least)).max(7200).default(plus(byDefault)).unit('s');
}

/** A key of the key ring: `<key>` or `since=<time>;<key>`. */
export const signingKey = () =>
  Joi.string().custom((text: string, helpers) =>
    parseKey(text) === undefined ? refuse(helpers, SINCE_FAULT, 'invalid', SINCE_FIX) : text,
  );

/** A key of the key ring that is strong enough to sign with. */
export const strongSigningKey = () =>
  signingKey().custom((text: string, helpers) => {
    const weakness = weaknessOf(parseKey(text)!.key);
    return weakness === undefined ? text : refuse(helpers, weakness.message, 'weak', weakness.fix);
  });

/** Whether two texts have one key, whatever their times. */
export const isSameKey = (one: string, other: string) => parseKey(one)?.key === parseKey(other)?.key;

const SINCE_FAULT = 'begins with since= but does not have the form since=<time>;<key>';
const SINCE_FIX = 'write the time with its zone, such as since=2027-01-31T12:30Z;<key>';

/** One of Nest's levels. `info` and `trace` are other loggers' names for `log` and `verbose`. */
export const logLevel = () =>
  Joi.string<LogLevel>()
    .trim()
    .lowercase()
    .replace(/^info$/, 'log')
    .replace(/^trace$/, 'verbose')
    .valid(...LOG_LEVELS);

/** The prefix of cache keys: a name without a colon. */
export const cacheNamespace = () =>
  Joi.string().custom((text: string, helpers) =>
    NAMESPACE.test(text)
      ? text
      : refuse(helpers, 'must be 1 to 64 letters, digits, dots, hyphens or underscores'),
  );

/** The URL of a shared cache. */
export const cacheUrl = () => urlRule(cacheUrlFault);

/**
 * The rule of DATABASE_URL: a URL that the driver of its scheme reads as it was meant. The message names what to
 * change, such as a # in the password, which must be written %23. Use it to require DATABASE_URL, or for a second
 * database.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Secret(databaseUrl(), { about: 'PostgreSQL' })
 *   declare readonly DATABASE_URL: string;
 * }
 * ```
 */
export function databaseUrl(): Joi.StringSchema {
  return urlRule(databaseUrlFault);
}

/** A host, or the directory of a PostgreSQL socket. */
export const databaseHost = () => {
  const form =
    'must be the name or the address of a host, without a scheme or port, or the directory of a socket';
  return Joi.string()
    .trim()
    .custom(
      (text: string, helpers) =>
        (/^\/[^\p{Cc}]*$/u.test(text) ? text : hostIn(text)) ?? refuse(helpers, form),
    )
    .note(form);
};

/** A port. Kubernetes sets DATABASE_PORT to an address for a Service that is called database. */
export const databasePort = () => integer(1, 65_535).empty(Joi.string().pattern(/^tcp:\/\//));

/** A name, and not a URL, which may contain a password. */
export const databaseName = () =>
  Joi.string().custom((text: string, helpers) =>
    text.includes('://')
      ? refuse(helpers, 'must be the name of a database, not a URL', 'invalid', 'set the URL as DATABASE_URL')
      : text,
  );

function urlRule(faultOf: (text: string) => string | undefined): Joi.StringSchema {
  return Joi.string()
    .trim()
    .custom((text: string, helpers) => {
      const fault = faultOf(text);
      return fault === undefined ? text : refuse(helpers, fault);
    });
}

/** A size in bytes, or 'auto'. */
export const cacheBytes = () =>
  Joi.any<number | 'auto'>()
    .custom((value: unknown, helpers) => {
      const text = String(value).trim().toLowerCase();
      if (text === 'auto') return text;
      const bytes = parseByteSize(text);
      return bytes !== undefined && bytes > 0
        ? bytes
        : refuse(
            helpers,
            "must be a size such as 64mb, a number of bytes, or 'auto'; an unbounded cache is not allowed",
          );
    })
    .unit('bytes');
