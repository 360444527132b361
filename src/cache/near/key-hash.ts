const MAX_HASHED = 64;
const HALF = MAX_HASHED / 2;

/**
 * A 32-bit hash of a key, for uses where a collision does no harm. Of a long key, only the first and the last characters and
 * the length count. A secret seed hides which short keys collide.
 */
export function keyHash(key: string, seed: number): number {
  const { length } = key;
  const end = length > MAX_HASHED ? HALF : length;
  // FNV-1a, then the finalizer of MurmurHash3, so that each bit of the key changes all bits of the hash.
  let hash = seed ^ length;
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  if (end < length) {
    for (let at = length - HALF; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
