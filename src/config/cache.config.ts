import { getHeapStatistics } from 'node:v8';
import { ConfigDefinitionError } from './config.error.js';
import { withinContainer } from './container-memory.js';

/** How the cache is bounded. */
export interface CacheConfig {
  /** Seconds an entry lives that is set without a ttl of its own. */
  readonly ttlSeconds: number;
  /** The most entries that are kept; the least recently used one makes room. */
  readonly maxEntries: number;
  /** The most bytes that are kept, by a count that errs on the high side. */
  readonly maxBytes: number;
  /** What sets this service's entries apart in a cache that several share. */
  readonly namespace: string;
  /** Milliseconds a call to a shared cache may take. */
  readonly timeoutMs: number;
}

const MIB = 2 ** 20;

/** 5 % of what the process may use: the heap limit, or the container's memory where that is less; 8 to 256 MiB. */
export function automaticMaxBytes(): number {
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
  return Object.freeze({ ...config });
}
