import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { KeyRingError } from './key-ring.error.js';

/** What can be signed: well-formed text, as UTF-8, or bytes. */
export type Signable = string | Uint8Array;

/** HMAC-SHA256 as base64url. */
export function signatureOf(key: KeyObject, data: Signable): string {
  if (!isSignable(data)) throw new KeyRingError('only well-formed text or bytes can be signed');
  return createHmac('sha256', key).update(data).digest('base64url');
}

/** The index of the key that made a signature, or -1. Anything may be passed as the data and as the signature. */
export function indexOfSigner(keys: readonly KeyObject[], data: unknown, signature: unknown): number {
  // The texts are compared, not the bytes behind them: those can be written in four ways.
  if (typeof signature !== 'string' || !/^[\w-]{43}$/.test(signature) || !isSignable(data)) return -1;
  const given = Buffer.from(signature);
  return keys.findIndex((key) => timingSafeEqual(Buffer.from(signatureOf(key, data)), given));
}

/** Which key made a signature: 'current' the one that signs, 'stale' another, false none. */
export function verifySignature(
  keys: readonly KeyObject[],
  data: unknown,
  signature: unknown,
): 'current' | 'stale' | false {
  const index = indexOfSigner(keys, data, signature);
  if (index === -1) return false;
  return index === 0 ? 'current' : 'stale';
}

// UTF-8 has no half of a surrogate pair: texts that differ in nothing else would have one signature.
function isSignable(data: unknown): data is Signable {
  return typeof data === 'string' ? !/\p{Surrogate}/u.test(data) : types.isUint8Array(data);
}
