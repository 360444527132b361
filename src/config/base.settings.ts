import type { LogLevel } from '@nestjs/common';
import Joi from 'joi';
import {
  cacheBytes,
  cacheNamespace,
  cacheUrl,
  databaseHost,
  databaseName,
  databasePort,
  databaseUrl,
  integer,
  logLevel,
  secondsBeyond,
  signingKey,
} from './rules/setting.rules.js';
import { certificates, privateKey } from './rules/pem.rules.js';
import { oneOf } from './rules/value.rules.js';
import { Env, Secret } from './model/setting.decorator.js';

const WITH_HOST = {
  requiredWhen: ({ DATABASE_HOST }: { readonly DATABASE_HOST?: string }) => DATABASE_HOST !== undefined,
  because: 'DATABASE_HOST is set',
};

const inFile = (about: string, perInstance = false) => ({ about, file: true, perInstance });

/** The settings of `BaseConfig`. */
export class BaseSettings {
  /** The environment's name. Default: unset. It selects one of `environments`. Any value but 'production' causes a warning. */
  @Env(Joi.string().trim().optional(), { about: "The environment's name; 'production' in production" })
  readonly NODE_ENV?: string;

  /**
   * The key that all signing keys are derived from, or `since=<time>;<key>` to let it sign from that time on: see KeyRing.
   * Required; strong under ProductionConfig. Secret.
   */
  @Secret(signingKey(), {
    about: 'The key from which signatures and tokens are made',
    fix: 'make one: npx nestjs-production-config keygen',
  })
  readonly SECRET_KEY!: string;

  /**
   * Further keys that verify signatures while SECRET_KEY is rotated: a list. The first of them signs until the time that
   * SECRET_KEY names. Default: none. Secret.
   */
  @Secret(Joi.array<readonly string[]>().items(signingKey()).default([]), {
    about: 'Keys that are also accepted while SECRET_KEY is rotated',
  })
  readonly SECRET_KEY_FALLBACKS!: readonly string[];

  /** Seconds between two looks at the files of SECRET_KEY and SECRET_KEY_FALLBACKS; 0 for none. Default: 0. */
  @Env(integer(0, 3600, 's').default(0), {
    about: 'How often changed key files are adopted, in seconds; 0 for never',
  })
  readonly SECRET_KEY_RELOAD_SECONDS!: number;

  /** Extra diagnostics. Default: false; refused under ProductionConfig. A pattern such as 'express:*' counts as true. */
  @Env(Joi.boolean().failover(true).default(false), { about: 'Extra diagnostics' })
  readonly DEBUG!: boolean;

  /** The least severe level that is logged; `info` is read as `log`, `trace` as `verbose`. Default: 'log'. */
  @Env(logLevel().default('log'), { about: 'The least severe level that is logged' })
  readonly LOG_LEVEL!: LogLevel;

  /** The port that the service listens on. Default: 3000. */
  @Env(Joi.number().port().default(3000), { about: 'The port the service listens on', perInstance: true })
  readonly PORT!: number;

  /** Seconds for which the process serves as before after a signal, so that balancers notice. Default: 5. */
  @Env(integer(0, 3600, 's').default(5), {
    about: 'How long the process still serves after a signal, in seconds; 0 if there is no balancer',
    fix: 'longer than your balancer takes to notice: the period of its probe, times the failures that it waits for',
  })
  readonly DRAIN_SECONDS!: number;

  /** The most seconds that a shutdown takes in all, the last 5 for hooks. Default: DRAIN_SECONDS + 20. */
  @Env(secondsBeyond('DRAIN_SECONDS', { least: 6, byDefault: 20 }), {
    about: 'The most seconds that a shutdown takes, DRAIN_SECONDS included',
    fix: 'at least 6 more than DRAIN_SECONDS, and less than your platform waits before it kills the process',
  })
  readonly SHUTDOWN_SECONDS!: number;

  /** Rows per page if the client names no limit: 1 to 1000. Default: 100. */
  @Env(integer(1, 1000).default(100), { about: 'Rows per page if the client names no limit' })
  readonly PAGE_SIZE!: number;

  /** The most rows that a client can request: PAGE_SIZE to 1000. Default: PAGE_SIZE. */
  @Env(Joi.number().integer().min(Joi.ref('PAGE_SIZE')).max(1000).default(Joi.ref('PAGE_SIZE')), {
    about: 'The most rows a client can request',
    fix: 'it must be at least PAGE_SIZE: set both',
  })
  readonly MAX_PAGE_SIZE!: number;

  /** Whether anything is cached. 'false' is for tests: each read loads, and nothing is kept. Default: true. */
  @Env(Joi.boolean().default(true), { about: 'Whether anything is cached; false for tests' })
  readonly CACHE_ENABLED!: boolean;

  /** The lifetime in seconds of a cache entry that is set without a ttl. Default: 600. */
  @Env(integer(1, 365 * 24 * 3600, 's').default(600), { about: 'Lifetime of a cached entry, in seconds' })
  readonly CACHE_TTL_SECONDS!: number;

  /** The most entries in the cache of one process, below the limit of a Map, 2^24. Default: 4096. */
  @Env(integer(1, 2 ** 24 - 1).default(4096), {
    about: 'The most entries in the cache',
    fix: 'to cache nothing, set CACHE_ENABLED=false',
  })
  readonly CACHE_MAX_ENTRIES!: number;

  /**
   * The most bytes in the cache of one process: bytes, or text such as '64mb'.
   * Default: 'auto', 5 % of the heap limit or of the container's memory, whichever is less; 8 to 256 MiB.
   */
  @Env(cacheBytes().default('auto'), {
    about: "The most bytes in the cache, '64mb' or 'auto' (5 % of the memory)",
  })
  readonly CACHE_MAX_BYTES!: number | 'auto';

  /** A cache that processes share: the URL of Redis, Valkey, Sentinels or memcached. Default: unset, so each has its own. Secret. */
  @Secret(cacheUrl().optional(), {
    about: 'A cache that processes share, on Redis, Valkey or memcached',
    fix: 'such as redis://cache.internal:6379; if it is unset, each process has its own cache',
  })
  readonly CACHE_URL?: string;

  /**
   * The CA that verifies the certificate of the shared cache: one or more certificates in PEM format. Default: unset, for the
   * CAs that Node trusts.
   */
  @Env(certificates().optional(), inFile("The CA of the shared cache's certificate, in PEM format"))
  readonly CACHE_CA?: string;

  /** This service's certificate for the shared cache, followed by intermediates, in PEM format. Default: unset. */
  @Env(certificates().optional(), inFile("This service's certificate for CACHE_URL, in PEM format", true))
  readonly CACHE_CERT?: string;

  /** The private key of CACHE_CERT, in PEM format, without a passphrase. Default: unset. Secret. */
  @Secret(privateKey().optional(), { about: 'The key of CACHE_CERT, in PEM format', perInstance: true })
  readonly CACHE_KEY?: string;

  /** The prefix of this service's entries in a shared cache. Default: 'app'; required with CACHE_URL under ProductionConfig. */
  @Env(cacheNamespace().default('app'), { about: "The prefix of this service's entries in a shared cache" })
  readonly CACHE_NAMESPACE!: string;

  /** The timeout of a call to the shared cache in milliseconds. Default: 50. */
  @Env(integer(1, 60_000, 'ms').default(50), { about: 'Timeout of a shared cache call, in milliseconds' })
  readonly CACHE_TIMEOUT_MS!: number;

  /** The database, as a URL. Default: unset. Secret. See `getDatabaseConfig()`. */
  @Secret(databaseUrl().optional(), { about: 'The database, as a URL' })
  readonly DATABASE_URL?: string;

  /** The database's host or address, or the directory of its socket: it replaces DATABASE_URL. Default: unset. */
  @Env(databaseHost().optional(), { about: 'The host of the database, in place of DATABASE_URL' })
  readonly DATABASE_HOST?: string;

  /** The port of the database server. Default: unset, which is 5432 for `getDatabaseConfig()`. */
  @Env(databasePort().optional(), { about: 'The port of the database' })
  readonly DATABASE_PORT?: number;

  /** The name of the database. Default: unset; required with DATABASE_HOST. */
  @Env(databaseName(), { about: 'The name of the database', ...WITH_HOST })
  readonly DATABASE_NAME?: string;

  /** The user of the database. Default: unset; required with DATABASE_HOST. */
  @Env(Joi.string(), { about: 'The user of the database', ...WITH_HOST })
  readonly DATABASE_USER?: string;

  /** The password of DATABASE_USER. Default: unset. Secret. */
  @Secret(Joi.string().optional(), { about: 'The password of DATABASE_USER' })
  readonly DATABASE_PASSWORD?: string;

  /**
   * 'verify' encrypts and verifies the server's certificate, 'require' encrypts only, 'off' does neither. Default: unset;
   * the parameters of DATABASE_URL decide, or else PGSSLMODE.
   */
  @Env(oneOf('off', 'require', 'verify').optional(), { about: 'TLS to the database' })
  readonly DATABASE_TLS?: 'off' | 'require' | 'verify';

  /** The CA of the database's certificate, in PEM format, for DATABASE_TLS=verify. Default: unset, for the CAs of Node. */
  @Env(certificates().optional(), inFile("The CA of the database's certificate, in PEM format"))
  readonly DATABASE_CA?: string;

  /** The most database connections of a process. Default: 10. */
  @Env(integer(1, 10_000).default(10), { about: 'The most connections to the database' })
  readonly DATABASE_POOL_MAX!: number;

  /** The connections that the database grants this service in all. Default: unset, so the sum is not checked. */
  @Env(integer(1, 1_000_000).optional(), { about: 'The connections that the database grants in all' })
  readonly DATABASE_MAX_CONNECTIONS?: number;

  /** The most processes of this service at a time, those of a rollout included. Default: unset, which counts as one. */
  @Env(integer(1, 10_000).optional(), { about: 'The most processes at a time, those of a rollout included' })
  readonly REPLICAS?: number;

  /** The version that is deployed, such as a tag or a commit. Default: unset. Workers of different releases are not compared. */
  @Env(Joi.string().trim().max(100).optional(), { about: 'The version that is deployed', perInstance: true })
  readonly RELEASE?: string;
}
