import { getHeapStatistics } from 'node:v8';
import { ConfigDefinitionError } from './model/config.error.js';
import { REDACTED, showAs } from './model/redaction.js';
import { NAMESPACE, cacheServerOf } from './urls/cache-server.js';

/** How the cache is bounded. */
export interface CacheConfig {
  /** Seconds an entry lives that is set without a ttl of its own. */
  readonly ttlSeconds: number;
  /** The most entries that are kept; the least recently used one makes room. */
  readonly maxEntries: number;
  /** The most bytes that are kept, by a count that errs on the high side. */
  readonly maxBytes: number;
  /** The cache that processes share; without one, each has its own. May hold a password, so that copies and JSON leave it out. */
  readonly url?: string;
  /** What sets this service's entries apart in a cache that several share. */
  readonly namespace: string;
  /** Milliseconds a call to a shared cache may take. */
  readonly timeoutMs: number;
}

/** The settings that bound it. */
interface CacheSettings {
  readonly CACHE_TTL_SECONDS: number;
  readonly CACHE_MAX_ENTRIES: number;
  readonly CACHE_MAX_BYTES: number | 'auto';
  readonly CACHE_URL?: string;
  readonly CACHE_NAMESPACE: string;
  readonly CACHE_TIMEOUT_MS: number;
}

const MIB = 2 ** 20;

/** The bounds that the settings ask for. */
export function cacheConfigOf(config: CacheSettings): CacheConfig {
  return {
    ttlSeconds: config.CACHE_TTL_SECONDS,
    maxEntries: config.CACHE_MAX_ENTRIES,
    maxBytes: config.CACHE_MAX_BYTES === 'auto' ? automaticMaxBytes() : config.CACHE_MAX_BYTES,
    ...(config.CACHE_URL === undefined ? {} : { url: config.CACHE_URL }),
    namespace: config.CACHE_NAMESPACE,
    timeoutMs: config.CACHE_TIMEOUT_MS,
  };
}

/** 5 % of what the process may use: the heap limit, or the container's memory where that is less; 8 to 256 MiB. */
function automaticMaxBytes(): number {
  const available = withinContainer(getHeapStatistics().heap_size_limit);
  return Math.min(256 * MIB, Math.max(8 * MIB, Math.floor(available * 0.05)));
}

/** What `buildCacheConfig` answers, frozen, once every bound is one. */
export function checkedCacheConfig(config: CacheConfig, typeName: string): CacheConfig {
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
      `${typeName}.buildCacheConfig(): namespace must be one that CACHE_NAMESPACE takes`,
    );
  }
  const { url, ...bounds } = config;
  if (url === undefined) return Object.freeze(bounds);
  if (cacheServerOf(url) === undefined) {
    throw new ConfigDefinitionError(`${typeName}.buildCacheConfig(): url must be one that CACHE_URL takes`);
  }
  // An accessor that no enumeration shows, like every secret.
  const kept = Object.defineProperty({ ...bounds }, 'url', { get: () => url });
  return Object.freeze(showAs(kept, () => ({ ...bounds, url: REDACTED })));
}

/** What the cache is, in a sentence. */
export function cacheSentence({
  ttlSeconds,
  maxEntries,
  maxBytes,
  url,
  namespace,
  timeoutMs,
}: CacheConfig): string {
  const bounds = `at most ${maxEntries} entries and ${(maxBytes / MIB).toFixed(1)} MiB in this process, ${ttlSeconds} s each`;
  if (url === undefined) return `${bounds}; not shared`;
  return `${bounds}; shared on ${cacheServerOf(url)} as '${namespace}', ${timeoutMs} ms a call`;
}

/** What of `bytes` the container lets the process use. */
export function withinContainer(bytes: number): number {
  const limit = process.constrainedMemory();
  // 0 and astronomical figures both mean that the container sets no limit.
  return limit > 0 ? Math.min(bytes, limit) : bytes;
}
