import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { KeyRingError } from './key-ring.error.js';

/** Data to be signed: well-formed text (as UTF-8) or bytes. */
export type Signable = string | Uint8Array;

/** HMAC-SHA256 as base64url. */
export function signatureOf(key: KeyObject, data: Signable): string {
  if (!isSignable(data)) throw new KeyRingError('only well-formed text or bytes can be signed');
  return createHmac('sha256', key).update(data).digest('base64url');
}

/** The index of the key that made a signature, or -1. Data and signature may be untrusted input. */
export function indexOfSigner(keys: readonly KeyObject[], data: unknown, signature: unknown): number {
  // Compares the texts: four different texts decode to the same bytes.
  if (typeof signature !== 'string' || !/^[\w-]{43}$/.test(signature) || !isSignable(data)) return -1;
  const given = Buffer.from(signature);
  return keys.findIndex((key) => timingSafeEqual(Buffer.from(signatureOf(key, data)), given));
}

// UTF-8 cannot encode a lone surrogate: texts that differ only in one would have the same signature.
function isSignable(data: unknown): data is Signable {
  return typeof data === 'string' ? !/\p{Surrogate}/u.test(data) : types.isUint8Array(data);
}
