import type { KeyObject } from 'node:crypto';
import type { DerivedKeys } from './derived-keys.js';
import { signerOf } from './signature.js';

/** What `keys.jwtOptions()` takes beside the key. */
export interface KeyRingJwtOptions<SignOptions, VerifyOptions> {
  /** What the tokens are for: one for another purpose is refused. Default: 'access'. */
  readonly purpose?: string | undefined;
  /**
   * Accepts tokens too that were signed (HS256) with SECRET_KEY itself, as they were before this package. Take it out
   * when the last of them has expired. Default: false.
   */
  readonly acceptRaw?: boolean | undefined;
  /**
   * Goes on signing with SECRET_KEY itself, while instances still run that accept nothing else; implies `acceptRaw`.
   * Default: false.
   */
  readonly signRaw?: boolean | undefined;
  /** Passed on, such as `expiresIn` and `issuer`; the algorithm and the key's id are laid over it. */
  readonly signOptions?: SignOptions | undefined;
  /** Passed on, such as `issuer` and `audience`; the algorithm is laid over it. */
  readonly verifyOptions?: VerifyOptions | undefined;
}

/** Options as they were written; jsonwebtoken's types want their lists mutable. */
type Passed<Options> = {
  -readonly [Name in keyof Options]: Options[Name] extends readonly unknown[]
    ? [...Options[Name]]
    : Options[Name];
};

/** What `JwtModule` of `@nestjs/jwt` takes. */
export interface KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  /** The key that signs, or the one that a token names. */
  readonly secretOrKeyProvider: (requestType: number, tokenOrPayload: unknown) => KeyObject;
  /** Those that were passed, with the algorithm and, unless `signRaw`, the id of the key. */
  readonly signOptions: Passed<SignOptions> & {
    /** The one algorithm there is. */
    algorithm: 'HS256';
    /** The public id of the key. */
    keyid?: string;
  };
  /** Those that were passed, with the algorithm. */
  readonly verifyOptions: Passed<VerifyOptions> & {
    /** No other is accepted. */
    algorithms: ['HS256'];
  };
}

/** JwtSecretRequestType.SIGN of `@nestjs/jwt`, which nothing here imports. */
const SIGN = 0;

/** What `keys.jwtOptions()` answers. */
export function jwtModuleOptions<SignOptions, VerifyOptions>(
  derived: DerivedKeys,
  ids: readonly string[],
  {
    purpose = 'access',
    acceptRaw = false,
    signRaw = false,
    ...passed
  }: KeyRingJwtOptions<SignOptions, VerifyOptions>,
): KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  const keys = derived.for('jwt', purpose);
  const raw = acceptRaw || signRaw ? derived.masters : [];
  const signing = (signRaw ? raw : keys)[0]!;
  const verifying = keyFinder(keys, ids, raw);
  return {
    secretOrKeyProvider: (requestType, tokenOrPayload) =>
      requestType === SIGN ? signing : verifying(tokenOrPayload),
    signOptions: pinned(passed.signOptions as Passed<SignOptions>, signRaw ? undefined : ids[0]),
    verifyOptions: { ...(passed.verifyOptions as Passed<VerifyOptions>), algorithms: ['HS256'] },
  };
}

/** Options with the algorithm and the key's id; jsonwebtoken lets a `header` overrule both. */
function pinned<Options>(options: Options, keyid: string | undefined) {
  const { header, keyid: _, ...rest } = (options ?? {}) as { header?: object; keyid?: unknown };
  return {
    ...(rest as Options),
    algorithm: 'HS256' as const,
    ...(keyid === undefined ? {} : { keyid }),
    ...(header === undefined ? {} : { header: { ...header, alg: 'HS256', kid: keyid } }),
  };
}

/** Finds the key for a token: the one that its `kid` names, otherwise whichever signed it. */
function keyFinder(keys: readonly KeyObject[], ids: readonly string[], raw: readonly KeyObject[]) {
  const current = keys[0]!;
  const candidates = [...keys, ...raw];
  return (token: unknown): KeyObject => {
    if (typeof token !== 'string') return current;
    const [header = '', payload = '', signature] = token.split('.', 3);
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
