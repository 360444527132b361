import { getHeapStatistics } from 'node:v8';
import type { BaseSettings } from './base.settings.js';
import { ConfigDefinitionError } from './model/config.error.js';
import { REDACTED, withRedactedView } from './model/redaction.js';
import { NAMESPACE, cacheServerOf, usesTls } from './urls/cache-server.js';

/** The account with which a service logs in to a shared cache. */
export interface CacheCredentials {
  /** Default: the default user of the server. */
  readonly user?: string;
  /** The password, or a token in place of it; not empty. */
  readonly password: string;
  /** When the password expires. The connection logs in again before that. Default: unset, for no second login. */
  readonly expiresAt?: Date;
}

/** The certificates of the connection to a shared cache, in PEM format. */
export interface CacheTls {
  /** The CA that verifies the server's certificate. Default: those that Node trusts. */
  readonly ca?: string;
  /** The certificate of this service, followed by intermediates. Default: none. */
  readonly cert?: string;
  /** The private key of `cert`, without a passphrase. Default: none. */
  readonly key?: string;
}

/** The limits of the cache. */
export interface CacheConfig {
  /** Whether anything is cached. If it is false, `getCacheConfig()` omits the shared cache. Default: true. */
  readonly enabled?: boolean;
  /** The lifetime in seconds of an entry that is set without a ttl. */
  readonly ttlSeconds: number;
  /** The most entries; beyond that, those that are used least are evicted. */
  readonly maxEntries: number;
  /** The most bytes, by an estimate that is never too low. */
  readonly maxBytes: number;
  /** The shared cache; without it, each process has its own. May contain a password: copies omit it; JSON and inspect show [redacted]. */
  readonly url?: string;
  /** The certificates of its connection. Copies omit it; JSON and inspect show [redacted]. */
  readonly tls?: CacheTls;
  /** Asked before each connection: see `buildCacheCredentials()`. Copies omit it; JSON and inspect show [redacted]. */
  readonly credentials?: () => Promise<CacheCredentials | undefined>;
  /** The prefix of this service's entries in a shared cache. */
  readonly namespace: string;
  /** The timeout of a call to a shared cache in milliseconds. */
  readonly timeoutMs: number;
}

/** The settings that `getCacheConfig()` reads. */
export const CACHE_FIELDS = [
  'CACHE_ENABLED',
  'CACHE_TTL_SECONDS',
  'CACHE_MAX_ENTRIES',
  'CACHE_MAX_BYTES',
  'CACHE_URL',
  'CACHE_CA',
  'CACHE_CERT',
  'CACHE_KEY',
  'CACHE_NAMESPACE',
  'CACHE_TIMEOUT_MS',
] as const;

type CacheSettings = Pick<BaseSettings, (typeof CACHE_FIELDS)[number]>;

const MIB = 2 ** 20;

/** The limits that the settings define. */
export function cacheConfigOf(config: CacheSettings): CacheConfig {
  return {
    enabled: config.CACHE_ENABLED,
    ttlSeconds: config.CACHE_TTL_SECONDS,
    maxEntries: config.CACHE_MAX_ENTRIES,
    maxBytes: config.CACHE_MAX_BYTES === 'auto' ? automaticMaxBytes() : config.CACHE_MAX_BYTES,
    ...(config.CACHE_URL === undefined ? {} : { url: config.CACHE_URL, ...tlsOf(config) }),
    namespace: config.CACHE_NAMESPACE,
    timeoutMs: config.CACHE_TIMEOUT_MS,
  };
}

function tlsOf({ CACHE_CA: ca, CACHE_CERT: cert, CACHE_KEY: key }: CacheSettings): Pick<CacheConfig, 'tls'> {
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return Object.keys(tls).length === 0 ? {} : { tls };
}

/** 5 % of the heap limit or of the container's memory, whichever is less; 8 to 256 MiB. */
function automaticMaxBytes(): number {
  const available = capToContainer(getHeapStatistics().heap_size_limit);
  return Math.min(256 * MIB, Math.max(8 * MIB, Math.floor(available * 0.05)));
}

/** Checks the result of `buildCacheConfig` and freezes it. */
export function checkCacheConfig(config: CacheConfig, typeName: string): CacheConfig {
  for (const name of ['ttlSeconds', 'maxEntries', 'maxBytes', 'timeoutMs'] as const) {
    const bound = config[name];
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new ConfigDefinitionError(
        `${typeName}.buildCacheConfig(): ${name} must be a whole number, at least 1`,
      );
    }
  }
  if (!NAMESPACE.test(config.namespace)) {
    throw new ConfigDefinitionError(
      `${typeName}.buildCacheConfig(): namespace must be valid for CACHE_NAMESPACE`,
    );
  }
  const { url, tls, credentials, ...bounds } = config;
  if (url === undefined || config.enabled === false) return Object.freeze(bounds);
  const server = cacheServerOf(url);
  if (server === undefined) {
    throw new ConfigDefinitionError(`${typeName}.buildCacheConfig(): url must be valid for CACHE_URL`);
  }
  if (tls !== undefined && !usesTls(url)) {
    throw new ConfigDefinitionError(
      `${typeName}.buildCacheConfig(): tls needs a url of TLS, such as rediss:`,
    );
  }
  if (credentials !== undefined && server === 'memcached') {
    throw new ConfigDefinitionError(
      `${typeName}.buildCacheCredentials(): the client of memcached takes one account, that of CACHE_URL`,
    );
  }
  const hidden = Object.entries({ url, tls, credentials }).filter(([, value]) => value !== undefined);
  // Non-enumerable accessors, like every secret.
  const kept = Object.defineProperties(
    { ...bounds },
    Object.fromEntries(hidden.map(([name, value]) => [name, { get: () => value }])),
  );
  const shown = Object.fromEntries(hidden.map(([name]) => [name, REDACTED]));
  return Object.freeze(withRedactedView(kept, () => ({ ...bounds, ...shown })));
}

/** The cache in one sentence. */
export function cacheSentence({
  enabled,
  ttlSeconds,
  maxEntries,
  maxBytes,
  url,
  namespace,
  timeoutMs,
}: CacheConfig): string {
  if (enabled === false) return 'disabled: each read loads, and nothing is kept';
  const bounds = `at most ${maxEntries} entries and ${(maxBytes / MIB).toFixed(1)} MiB in this process, ttl ${ttlSeconds} s`;
  if (url === undefined) return `${bounds}; not shared`;
  return `${bounds}; shared on ${cacheServerOf(url)} as '${namespace}', ${timeoutMs} ms per call`;
}

/** `bytes`, or the container's memory limit if that is less. */
export function capToContainer(bytes: number): number {
  const limit = process.constrainedMemory();
  // 0 and huge numbers both mean that the container has no limit.
  return limit > 0 ? Math.min(bytes, limit) : bytes;
}
