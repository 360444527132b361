/** `buildCacheCredentials()` failed, or returned nothing to log in with. The message never contains text from the application. */
export class CacheCredentialsError extends Error {
  constructor(problem: string) {
    super(`buildCacheCredentials() ${problem}`);
    this.name = 'CacheCredentialsError';
  }
}
