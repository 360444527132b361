/** A text that is the same for equal values of a setting, in whatever order an object has its fields. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => plainOf(part)) ?? 'unset';
}

/** What JSON has no form for, with the name of its kind. */
function plainOf(part: unknown): unknown {
  if (typeof part === 'bigint' || typeof part === 'symbol' || typeof part === 'function') {
    return { [typeof part]: String(part) };
  }
  if (typeof part === 'number' && !Number.isFinite(part)) return { number: String(part) };
  if (part instanceof RegExp) return { RegExp: String(part) };
  if (part instanceof Map || part instanceof Set) return { [part.constructor.name]: [...part] };
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
