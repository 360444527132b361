import { ProductionConfigError } from '../common/production-config.error.js';

/**
 * An invalid argument of a cache call. The message says what to pass instead, and never holds the key or the value.
 *
 * @example
 * ```ts
 * constructor(private readonly cache: LoadingCache) {}
 *
 * async keep(product: Product) {
 *   await this.cache.set(`product:${product.id}`, product, { tags: ['products'] }); // an empty tag would be refused
 * }
 * ```
 */
export class CacheArgumentError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_CACHE_KEY': a key is neither a string nor a number; 'ERR_CACHE_TTL': a ttl is not a number of milliseconds;
     * 'ERR_CACHE_TAG': a tag is not a text, tags are not a list, or a value has too many.
     */
    readonly code: 'ERR_CACHE_KEY' | 'ERR_CACHE_TTL' | 'ERR_CACHE_TAG',
    message: string,
  ) {
    super('CacheArgumentError', message);
  }
}

// The library stores entries of its own under keys with one @.
const ESCAPED = /^@+tag:/;

/**
 * Returns the key of an entry as a string: the number 7 and the string '7' are the same key. No key of the application is that
 * of a tag.
 *
 * @throws CacheArgumentError for other types: their string forms would collide
 */
export function keyOf(key: unknown): string {
  if (typeof key === 'string') return key.startsWith('@') && ESCAPED.test(key) ? `@${key}` : key;
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  throw new CacheArgumentError(
    'ERR_CACHE_KEY',
    `a cache key must be a string or a number, not ${kindOf(key)}`,
  );
}

/**
 * Returns a ttl in milliseconds; Infinity and 0 mean that the entry does not expire.
 *
 * @throws CacheArgumentError if it is not a number, for example the text of an environment variable
 */
export function ttlOf(ttl: unknown): number {
  if (typeof ttl === 'number') return ttl;
  throw new CacheArgumentError(
    'ERR_CACHE_TTL',
    `a ttl must be a number of milliseconds, not ${kindOf(ttl)}: convert it with Number()`,
  );
}

/** The key of the application that `keyOf` has made a string. */
export function shownKey(key: string): string {
  return key.startsWith('@') && ESCAPED.test(key) ? key.slice(1) : key;
}

/** The type of an argument, for messages. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
