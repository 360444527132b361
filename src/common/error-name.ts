/** The error's class. Only built-in names are shown: a name from the application could contain anything. */
export function errorName(error: unknown): string {
  try {
    const name = error instanceof Error ? error.name : '';
    return Object.hasOwn(globalThis, name) ? name : 'an error';
  } catch {
    // Its name may be a getter that throws.
    return 'an error';
  }
}
