/** The interface of the package keygrip, which signs the cookies of Koa, Express and others. */
export interface Keygrip {
  /** Signs with the current key. */
  sign(data: string): string;
  /** Whether one of the keys made the digest. */
  verify(data: string, digest: string): boolean;
  /**
   * The index of the key that made the digest, or -1. Where it is not 0, `cookies` signs the cookie anew, until the
   * browser is closed.
   */
  index(data: string, digest: string): number;
}
