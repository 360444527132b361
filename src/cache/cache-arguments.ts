import { ProductionConfigError } from '../common/production-config.error.js';

/** A call of the cache that cannot mean anything, with what to pass instead. Never holds the key or the value. */
export class CacheArgumentError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_CACHE_KEY': a key is neither a string nor a number; 'ERR_CACHE_TTL': a ttl is not a number of milliseconds.
     */
    readonly code: 'ERR_CACHE_KEY' | 'ERR_CACHE_TTL',
    message: string,
  ) {
    super('CacheArgumentError', message);
  }
}

/**
 * The key that an entry is stored under: the number 7 and the text '7' are one key.
 *
 * @throws CacheArgumentError for anything else, which would be one key for many things
 */
export function keyOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  throw new CacheArgumentError(
    'ERR_CACHE_KEY',
    `a cache key must be a string or a number, not ${kindOf(key)}`,
  );
}

/**
 * A ttl in milliseconds: Infinity, or 0, for no end.
 *
 * @throws CacheArgumentError for what is not a number, such as the text of an environment variable
 */
export function ttlOf(ttl: unknown): number {
  if (typeof ttl === 'number') return ttl;
  throw new CacheArgumentError(
    'ERR_CACHE_TTL',
    `a ttl must be a number of milliseconds, not ${kindOf(ttl)}: convert it with Number()`,
  );
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
