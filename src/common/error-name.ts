/** The error's class. Only built-in names are shown: a name from the application could contain anything. */
export function errorName(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return Object.hasOwn(globalThis, name) ? name : 'an error';
}
