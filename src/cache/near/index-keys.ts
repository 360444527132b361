const NINE = '9'.charCodeAt(0);
const LAST_INDEX = 2 ** 32 - 2;

/** Whether V8 takes a key of an object for an index, as in a list. */
export function isIndex(key: string): boolean {
  if (key.charCodeAt(0) > NINE) return false;
  const index = Number(key) >>> 0;
  return index <= LAST_INDEX && String(index) === key;
}

/**
 * Makes an object keep its indices in a hash table for good. Otherwise V8 keeps them in a list with room for all up to
 * the largest: 12 KB for an object whose one key is 1023.
 */
export function keepIndicesInTable(target: Record<string, unknown>): true {
  target[LAST_INDEX] = undefined;
  delete target[LAST_INDEX];
  return true;
}
