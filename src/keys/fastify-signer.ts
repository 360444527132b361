import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ActiveKeys } from './active-keys.js';
import { KeyRingError } from './key-ring.error.js';
import { secretTextsFor } from './secret-lists.js';

/** What `unsign()` found in a signed cookie. */
export type UnsignedCookie =
  | {
      /** One of the keys signed it. */
      readonly valid: true;
      /** Whether it was another key than the one that signs now: sign the value again. */
      readonly renew: boolean;
      /** The value without its signature. */
      readonly value: string;
    }
  | {
      /** No key signed it. */
      readonly valid: false;
      /** False, because an invalid cookie is not signed again. */
      readonly renew: false;
      /** Null, because the cookie has no valid signature. */
      readonly value: null;
    };

const INVALID: UnsignedCookie = { valid: false, renew: false, value: null };

/** The signer that `@fastify/cookie` and `@fastify/session` accept as `secret`. */
export class FastifySigner {
  /** Appends the signature of the signing key, in the form of the package cookie-signature. */
  readonly sign: (value: string) => string;
  /** Verifies a signed cookie, which may be untrusted input. */
  readonly unsign: (signed: string) => UnsignedCookie;

  /** @hidden */
  constructor(keys: ActiveKeys, purpose: string) {
    const texts = keys.follow((derived) => secretTextsFor(derived, purpose));
    this.sign = (value) => {
      if (typeof value !== 'string') throw new KeyRingError('only text can be signed as a cookie');
      return `${value}.${signatureOf(value, texts()[0]!)}`;
    };
    this.unsign = (signed) => {
      const { index, value } = signerOf(signed, texts());
      return keys.counts.count(index) === -1 ? INVALID : { valid: true, renew: index > 0, value };
    };
  }
}

/** The index of the text that signed a cookie, or -1, and the value of the cookie. */
function signerOf(signed: unknown, texts: readonly string[]): { index: number; value: string } {
  const dot = typeof signed === 'string' ? signed.lastIndexOf('.') : -1;
  if (dot === -1) return { index: -1, value: '' };
  const value = (signed as string).slice(0, dot);
  const given = Buffer.from((signed as string).slice(dot + 1));
  const index = texts.findIndex((text) => {
    const expected = Buffer.from(signatureOf(value, text));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  return { index, value };
}

function signatureOf(value: string, text: string): string {
  return createHmac('sha256', text).update(value).digest('base64').replaceAll('=', '');
}
