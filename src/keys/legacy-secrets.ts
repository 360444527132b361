import type { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { nonSecretOf } from '../config/index.js';
import { toKey } from './derived-keys.js';
import { KeyRingError } from './key-ring.error.js';

/** The secrets that signed the tokens of a purpose (HS256) before there was a ring. */
export interface LegacySecrets {
  /**
   * Each verifies; with `sign`, the first one signs. A secret that signed several kinds of tokens accepts all of them
   * for each purpose that lists it.
   */
  readonly secrets: readonly (string | Uint8Array)[];
  /** Keeps signing with the first secret while instances run that accept nothing else. Default: false. */
  readonly sign?: boolean | undefined;
  /** When the last of the old tokens expires: the secrets verify nothing after it. Default: no end. */
  readonly until?: Date | undefined;
}

/** The keys of the old secrets, and how they are used. */
export interface LegacyKeys {
  readonly signing: KeyObject | undefined;
  /** Those that verify at this moment. */
  verifying(): readonly KeyObject[];
}

/** @throws KeyRingError when there is no secret, or one that everybody may have; never quotes it */
export function legacyKeys({ secrets, sign = false, until }: LegacySecrets): LegacyKeys {
  if (!Array.isArray(secrets) || secrets.length === 0) {
    throw new KeyRingError(
      'legacy.secrets must list the secrets that signed the tokens until now: omit legacy if there are none',
    );
  }
  const end = until === undefined ? Infinity : new Date(until).getTime();
  if (Number.isNaN(end)) throw new KeyRingError('legacy.until must be a valid Date');
  if (sign && until !== undefined) {
    throw new KeyRingError(
      'legacy.until cannot be combined with legacy.sign, which keeps making old tokens: set it when you remove legacy.sign',
    );
  }
  const keys = secrets.map(legacyKey);
  return { signing: sign ? keys[0] : undefined, verifying: () => (Date.now() < end ? keys : []) };
}

function legacyKey(secret: unknown, index: number): KeyObject {
  const isText = typeof secret === 'string';
  if ((!isText && !types.isUint8Array(secret)) || secret.length === 0) {
    throw new KeyRingError(`legacy.secrets[${index}] must be text or bytes`);
  }
  const nonSecret = nonSecretOf(isText ? secret : Buffer.from(secret).toString('base64'));
  if (nonSecret !== undefined) throw new KeyRingError(`legacy.secrets[${index}] ${nonSecret.message}`);
  return toKey(isText ? Buffer.from(secret, 'utf8') : Buffer.from(secret));
}
