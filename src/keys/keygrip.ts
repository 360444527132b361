import type { ActiveKeys } from './active-keys.js';
import { signatureOf, indexOfSigner } from './signature.js';

/**
 * The interface of the package keygrip, which signs the cookies of Koa, Express and others. `cookies` recognises it by
 * its class name, so do not rename this class.
 */
export class Keygrip {
  /** Signs with the current key. */
  readonly sign: (data: string) => string;
  /** Whether one of the keys made the digest. */
  readonly verify: (data: string, digest: string) => boolean;
  /**
   * The index of the key that made the digest, or -1. If it is greater than 0, `cookies` signs the cookie again, as a
   * session cookie.
   */
  readonly index: (data: string, digest: string) => number;

  /** @hidden */
  constructor(ring: ActiveKeys, purpose: string) {
    const keys = ring.follow((derived) => derived.keysFor('keygrip', purpose));
    this.sign = (data) => signatureOf(keys()[0]!, data);
    this.index = (data, digest) => ring.counts.count(indexOfSigner(keys(), data, digest));
    this.verify = (data, digest) => this.index(data, digest) !== -1;
  }
}
