import type { KeyObject } from 'node:crypto';
import { signerOf } from './signature.js';

/** What `keys.jwtOptions()` takes beside the key. */
export interface KeyRingJwtOptions<SignOptions, VerifyOptions> {
  /**
   * Accepts tokens too that were signed (HS256) with SECRET_KEY itself, as they were before this package. Take it out
   * when the last of them has expired. Default: false.
   */
  readonly acceptRaw?: boolean | undefined;
  /** Passed on, such as `expiresIn` and `issuer`; the algorithm and the key's id are laid over it. */
  readonly signOptions?: SignOptions | undefined;
  /** Passed on, such as `issuer` and `audience`; the algorithm is laid over it. */
  readonly verifyOptions?: VerifyOptions | undefined;
}

/** Options as they were written; jsonwebtoken's types want their lists mutable. */
export type Passed<Options> = {
  -readonly [Name in keyof Options]: Options[Name] extends readonly unknown[]
    ? [...Options[Name]]
    : Options[Name];
};

/** What `JwtModule` of `@nestjs/jwt` takes. */
export interface KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  readonly secretOrKeyProvider: (requestType: number, tokenOrPayload: unknown) => KeyObject;
  readonly signOptions: Passed<SignOptions> & { algorithm: 'HS256'; keyid: string };
  readonly verifyOptions: Passed<VerifyOptions> & { algorithms: ['HS256'] };
}

/** JwtSecretRequestType.SIGN of `@nestjs/jwt`, which nothing here imports. */
const SIGN = 0;

/** The key for a token: the one that its `kid` names, otherwise whichever signed it. */
export function jwtKeyProvider(
  keys: readonly KeyObject[],
  ids: readonly string[],
  raw: readonly KeyObject[],
) {
  const current = keys[0]!;
  const candidates = [...keys, ...raw];
  return (requestType: number, tokenOrPayload: unknown): KeyObject => {
    if (requestType === SIGN || typeof tokenOrPayload !== 'string') return current;
    const [header = '', payload = '', signature] = tokenOrPayload.split('.', 3);
    const named = keys[ids.indexOf(kidOf(header) as string)];
    // Where no key signed it, the verification with the current one says so.
    return named ?? candidates[signerOf(candidates, `${header}.${payload}`, signature)] ?? current;
  };
}

function kidOf(header: string): unknown {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown };
    return kid;
  } catch {
    return undefined;
  }
}
