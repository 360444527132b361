import { randomBytes } from 'node:crypto';
import { weaknessOf } from './weakness.js';

/** A new SECRET_KEY: 256 random bits as base64url, safe in a shell, a `.env` file and a URL. */
export function generateSecretKey(): string {
  for (;;) {
    const key = randomBytes(32).toString('base64url');
    // A leading dash would look like an option. Rarely, a random key contains a word.
    if (!key.startsWith('-') && weaknessOf(key) === undefined) return key;
  }
}
