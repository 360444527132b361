import { CacheArgumentError } from '../cache-arguments.js';

const PREFIX = '@tag:';
/** The maximum number of tags of an entry. */
const MAX_TAGS = 128;
const MAX_LENGTH = 256;

/**
 * The keys under which the generations of tags are cached, without duplicates.
 *
 * @param others the keys of further tags of the same entry
 * @throws CacheArgumentError if there are too many, or if one is not a text of 1 to 256 characters
 */
export function tagKeys(tags: readonly unknown[], others: readonly string[] = []): readonly string[] {
  const keys = new Set([...others, ...tags.map(tagKey)]);
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
  const found = typeof tag === 'string' ? `one of ${tag.length} characters` : `a value of type ${typeof tag}`;
  throw new CacheArgumentError(
    'ERR_CACHE_TAG',
    `a cache tag must be a text of 1 to ${MAX_LENGTH} characters, not ${found}`,
  );
}
