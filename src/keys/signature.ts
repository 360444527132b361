import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { KeyRingError } from './key-ring.error.js';

/** What can be signed. */
export type Signable = string | Uint8Array;

/** HMAC-SHA256 as base64url. */
export function signatureOf(key: KeyObject, data: Signable): string {
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
    throw new KeyRingError('only a string or bytes can be signed');
  }
  return createHmac('sha256', key).update(data).digest('base64url');
}

/** The index of the key that made a signature, or -1. Anything may be passed as the signature. */
export function signerOf(keys: readonly KeyObject[], data: Signable, signature: unknown): number {
  // The texts are compared, not the bytes behind them: those can be written in four ways.
  if (typeof signature !== 'string' || !/^[\w-]{43}$/.test(signature)) return -1;
  const given = Buffer.from(signature);
  return keys.findIndex((key) => timingSafeEqual(Buffer.from(signatureOf(key, data)), given));
}
