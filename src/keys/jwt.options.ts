import { Logger } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import type { DerivedKeys } from './derived-keys.js';
import { KeyRingError } from './key-ring.error.js';
import { type LegacyKeys, type LegacySecrets, legacyKeys } from './legacy-secrets.js';
import { indexOfSigner } from './signature.js';

/** What `keys.jwtOptions()` takes beside the key. */
export interface KeyRingJwtOptions<SignOptions, VerifyOptions> {
  /** What the tokens are for: one for another purpose is refused. Default: 'access'. */
  readonly purpose?: string | undefined;
  /** The secrets that signed the tokens of this purpose before, until the last of these has expired. Default: none. */
  readonly legacy?: LegacySecrets | undefined;
  /** Passed on, such as `expiresIn` and `issuer`. The ring sets the algorithm and the key's id. */
  readonly signOptions?: SignOptions | undefined;
  /** Passed on, such as `issuer` and `audience`. The ring sets the algorithm. */
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
  /**
   * The key that signs, or the one that a token names.
   *
   * @throws KeyRingError when a single call brings a key, an algorithm or a key's id of its own
   */
  readonly secretOrKeyProvider: (
    requestType: number,
    tokenOrPayload: unknown,
    options?: unknown,
  ) => KeyObject;
  /** Those that were passed, with the algorithm and, unless `legacy.sign`, the id of the key. */
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

const NO_LEGACY: LegacyKeys = { signing: undefined, verifying: () => [] };

/** What `keys.jwtOptions()` answers. */
export function jwtModuleOptions<SignOptions, VerifyOptions>(
  derived: DerivedKeys,
  ids: readonly string[],
  { purpose = 'access', legacy, signOptions, verifyOptions }: KeyRingJwtOptions<SignOptions, VerifyOptions>,
): KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  for (const [name, options] of Object.entries({ signOptions, verifyOptions })) {
    const fault = overrideIn(options);
    if (fault !== undefined) throw new KeyRingError(`jwtOptions(): ${name} ${fault}`);
  }
  const keys = derived.keysFor('jwt', purpose);
  const old = legacy === undefined ? NO_LEGACY : legacyKeys(legacy);
  const signing = old.signing ?? keys[0]!;
  const verifying = keyFinder(keys, ids, old);
  const refuse = refusalOf(purpose);
  return {
    secretOrKeyProvider: (requestType, tokenOrPayload, options) => {
      if (options !== undefined) refuse(requestType === SIGN ? 'sign()' : 'verify()', options);
      return requestType === SIGN ? signing : verifying(tokenOrPayload);
    },
    signOptions: {
      ...(signOptions as Passed<SignOptions>),
      algorithm: 'HS256',
      ...(old.signing === undefined ? { keyid: ids[0]! } : {}),
    },
    verifyOptions: { ...(verifyOptions as Passed<VerifyOptions>), algorithms: ['HS256'] },
  };
}

/** Refuses what a single call brings, and logs it once: a guard that answers 401 to every error would hide it. */
function refusalOf(purpose: string) {
  let isLogged = false;
  return (method: string, options: unknown): void => {
    const fault = overrideIn(options);
    if (fault === undefined) return;
    const error = new KeyRingError(`the options of ${method} for '${purpose}' tokens ${fault}`);
    if (!isLogged) new Logger('KeyRing').error(`${error.message} (logged once)`);
    isLogged = true;
    throw error;
  };
}

/** Finds the key for a token: the one that its `kid` names, otherwise whichever signed it. */
function keyFinder(keys: readonly KeyObject[], ids: readonly string[], old: LegacyKeys) {
  const current = keys[0]!;
  return (token: unknown): KeyObject => {
    if (typeof token !== 'string') return current;
    const [header = '', payload = '', signature] = token.split('.', 3);
    const named = keys[ids.indexOf(kidOf(header) as string)];
    if (named !== undefined) return named;
    const candidates = [...keys, ...old.verifying()];
    // Where no key signed it, the verification with the current one says so.
    return candidates[indexOfSigner(candidates, `${header}.${payload}`, signature)] ?? current;
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

/** Options of `@nestjs/jwt` that would bring another key, algorithm or id than the ring's. */
interface Overrides {
  readonly algorithm?: unknown;
  readonly algorithms?: unknown;
  readonly keyid?: unknown;
  readonly header?: unknown;
}

const KEYS = ['secret', 'privateKey', 'publicKey', 'secretOrPrivateKey'];

/** What is wrong with options that sign or verify; undefined when the ring can keep to all of them. */
function overrideIn(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  const key = KEYS.find((name) => name in options);
  if (key !== undefined) {
    return `must not have ${key}: give each kind of token a purpose instead, keys.jwtOptions({ purpose: 'refresh' })`;
  }
  const { algorithm, algorithms, keyid, header } = options as Overrides;
  const others = [algorithm, algorithms].flat().filter((name) => name !== undefined && name !== 'HS256');
  if (others.length > 0) return 'must not have another algorithm than HS256';
  if (keyid !== undefined) return 'must not have keyid: tokens name the key of the ring that signed them';
  return header === undefined ? undefined : headerFault(header);
}

// jsonwebtoken lets a header overrule the algorithm and the keyid.
function headerFault(header: unknown): string | undefined {
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return 'must have an object as header';
  const { alg = 'HS256', kid } = header as { alg?: unknown; kid?: unknown };
  if (alg !== 'HS256') return 'must not have another alg in the header than HS256';
  return kid === undefined
    ? undefined
    : 'must not have kid in the header: tokens name the key of the ring that signed them';
}
