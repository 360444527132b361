import { CacheArgumentError, kindOf } from '../cache-arguments.js';

const PREFIX = '@tag:';
/** The maximum number of tags of an entry. */
const MAX_TAGS = 128;
const MAX_LENGTH = 256;

/**
 * The keys under which the generations of tags are cached, without duplicates.
 *
 * @throws CacheArgumentError if it is not a list, or if one is not a text of 1 to 256 characters
 */
export function tagKeys(tags: unknown): readonly string[] {
  // Unlike map(), this passes over no hole.
  if (Array.isArray(tags)) return [...new Set(Array.from(tags as readonly unknown[], tagKey))];
  throw new CacheArgumentError('ERR_CACHE_TAG', `cache tags must be a list of texts, not ${kindOf(tags)}`);
}

/**
 * The keys of the tags of one entry.
 *
 * @param others the keys of its further tags
 * @throws CacheArgumentError if there are too many, or as `tagKeys`
 */
export function entryTagKeys(tags: unknown, others: readonly string[] = []): readonly string[] {
  const keys = new Set([...others, ...tagKeys(tags)]);
  if (keys.size <= MAX_TAGS) return [...keys];
  throw new CacheArgumentError(
    'ERR_CACHE_TAG',
    `a value can have at most ${MAX_TAGS} tags, not ${keys.size}`,
  );
}

/** Whether a key is that of a tag. */
export function isTagKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

function tagKey(tag: unknown): string {
  if (typeof tag === 'string' && tag !== '' && tag.length <= MAX_LENGTH) return PREFIX + tag;
  const found =
    typeof tag === 'string' ? `one of ${tag.length} characters` : `a value of type ${kindOf(tag)}`;
  throw new CacheArgumentError(
    'ERR_CACHE_TAG',
    `a cache tag must be a text of 1 to ${MAX_LENGTH} characters, not ${found}`,
  );
}
