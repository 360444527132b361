import { randomBytes } from 'node:crypto';
import { weaknessOf } from './weakness.js';

/** A new SECRET_KEY: 256 random bits as base64url, safe in a shell, a `.env` file and a URL. */
export function generateSecretKey(): string {
  for (;;) {
    const key = randomBytes(32).toString('base64url');
    // A leading dash would read as an option; and chance writes a word now and then.
    if (!key.startsWith('-') && weaknessOf(key) === undefined) return key;
  }
}
