/** `buildCacheCredentials()` returned nothing to log in with. The message holds no text of the application. */
export class CacheCredentialsError extends Error {
  constructor(problem: string) {
    super(`buildCacheCredentials() ${problem}`);
    this.name = 'CacheCredentialsError';
  }
}
