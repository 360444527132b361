import { randomBytes } from 'node:crypto';

/** A new SECRET_KEY: 256 random bits as base64url, safe in a shell, a `.env` file and a URL. */
export function generateSecretKey(): string {
  for (;;) {
    const key = randomBytes(32).toString('base64url');
    // A leading dash would read as an option wherever the key is passed as an argument.
    if (!key.startsWith('-')) return key;
  }
}
