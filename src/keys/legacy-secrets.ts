import type { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { nonSecretOf, parseKey } from '../config/index.js';
import { toKey } from './derived-keys.js';
import { KeyRingError } from './key-ring.error.js';

/** The secrets that signed the tokens of a purpose (HS256) before the ring was introduced. */
export interface LegacySecrets {
  /**
   * All of them verify. With `sign`, the first one whose time has come signs. If a secret signed several kinds of tokens,
   * each purpose that lists it accepts all those kinds.
   */
  readonly secrets: readonly (string | Uint8Array)[];
  /** Keep signing with a secret of this list, while some instances accept nothing else. Default: false. */
  readonly sign?: boolean | undefined;
  /** When the last old token expires. After that the secrets verify nothing. Default: never. */
  readonly until?: Date | undefined;
}

/** The keys made of the legacy secrets. */
export interface LegacyKeys {
  /** The key that signs now, with `sign`. */
  signing(): KeyObject | undefined;
  /** The keys that verify now; none after `until`. */
  verifying(): readonly KeyObject[];
}

/** @throws KeyRingError if there is no secret or one is not secret; never quotes it */
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
  const timed = secrets.map(legacyKey);
  const keys = timed.map(({ key }) => key);
  return {
    signing: () => (sign ? (timed.find(({ since }) => since <= Date.now())?.key ?? keys[0]) : undefined),
    verifying: () => (Date.now() < end ? keys : []),
  };
}

function legacyKey(secret: unknown, index: number): { readonly key: KeyObject; readonly since: number } {
  const isText = typeof secret === 'string';
  if ((!isText && !types.isUint8Array(secret)) || secret.length === 0) {
    throw new KeyRingError(`legacy.secrets[${index}] must be text or bytes`);
  }
  const nonSecret = nonSecretOf(isText ? secret : Buffer.from(secret).toString('base64'));
  if (nonSecret !== undefined) throw new KeyRingError(`legacy.secrets[${index}] ${nonSecret.message}`);
  if (!isText) return { key: toKey(Buffer.from(secret)), since: -Infinity };
  // SECRET_KEY itself may be among them, with its time.
  const { key, since } = parseKey(secret) ?? { key: secret, since: -Infinity };
  return { key: toKey(Buffer.from(key, 'utf8')), since };
}
