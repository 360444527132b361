import { isIP } from 'node:net';
import Joi, { type AnySchema, type NumberSchema, type StringSchema } from 'joi';
import { databaseUrlFault } from '../urls/database-url.js';
import { hostFault, isPort } from '../urls/url-fault.js';
import { refuse } from '../model/rule-rejection.js';

/**
 * A TCP port, 0 to 65535; 0 lets the system choose one.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(port().default(8125), { about: 'The port of the StatsD agent' })
 *   readonly STATSD_PORT!: number;
 * }
 * ```
 */
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
 *
 * @param options which schemes it may have. Default: any
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(url({ schemes: ['https'] }), { about: 'The service that makes invoices' })
 *   readonly INVOICE_URL!: string;
 * }
 * ```
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
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(host().default('localhost'), { about: 'The mail server' })
 *   readonly SMTP_HOST!: string;
 * }
 * ```
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
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(hostPort(5672), { about: 'The message broker' })
 *   readonly BROKER!: HostPort;
 * }
 * ```
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
