const NINE = '9'.charCodeAt(0);
const LAST_INDEX = 2 ** 32 - 2;

/** Whether V8 treats a key of an object as an array index. */
export function isIndex(key: string): boolean {
  if (key.charCodeAt(0) > NINE) return false;
  const index = Number(key) >>> 0;
  return index <= LAST_INDEX && String(index) === key;
}

/**
 * Makes V8 store the index keys of an object in a hash table. Otherwise it uses an array with a slot for every index up to
 * the largest: 12 KB for an object whose only key is 1023.
 */
export function keepIndicesInTable(target: Record<string, unknown>): true {
  target[LAST_INDEX] = undefined;
  delete target[LAST_INDEX];
  return true;
}
