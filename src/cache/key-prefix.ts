/** The part of a cache key that may be logged: its leading word. What follows may be a name or a token. */
export function keyPrefix(key: string): string {
  return /^\/?[A-Za-z][\w-]{0,31}(?=[:/?.])/.exec(key)?.[0] ?? '(no prefix)';
}
