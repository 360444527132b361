import { Logger } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import type { ActiveKeys } from './active-keys.js';
import { KeyRingError } from './key-ring.error.js';
import { type LegacyKeys, type LegacySecrets, legacyKeys } from './legacy-secrets.js';
import { indexOfSigner } from './signature.js';

/** The options of `keys.jwtOptions()`. */
export interface KeyRingJwtOptions<SignOptions, VerifyOptions> {
  /** The purpose of the tokens. Tokens for another purpose are refused. Default: 'access'. */
  readonly purpose?: string | undefined;
  /** The secrets that signed older tokens of this purpose; needed until the last of those expires. Default: none. */
  readonly legacy?: LegacySecrets | undefined;
  /** Passed through, for example `expiresIn` and `issuer`. The ring sets the algorithm and the key id. */
  readonly signOptions?: SignOptions | undefined;
  /** Passed through, for example `issuer` and `audience`. The ring sets the algorithm. */
  readonly verifyOptions?: VerifyOptions | undefined;
}

/** The given options with mutable lists, which the types of jsonwebtoken require. */
type Passed<Options> = {
  -readonly [Name in keyof Options]: Options[Name] extends readonly unknown[]
    ? [...Options[Name]]
    : Options[Name];
};

/** The options of `JwtModule` in `@nestjs/jwt`. */
export interface KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  /**
   * Returns the signing key, or the key that a token names.
   *
   * @throws KeyRingError if the options of a single call have a key, an algorithm or a key id
   */
  readonly secretOrKeyProvider: (
    requestType: number,
    tokenOrPayload: unknown,
    options?: unknown,
  ) => KeyObject;
  /** The given ones with the algorithm and, unless `legacy.sign` is set, the key id. */
  readonly signOptions: Passed<SignOptions> & {
    /** The only algorithm. */
    algorithm: 'HS256';
    /** The public id of the signing key. It follows the ring; a copy of the object keeps the current id. */
    readonly keyid?: string;
  };
  /** The given ones with the algorithm. */
  readonly verifyOptions: Passed<VerifyOptions> & {
    /** The only accepted algorithm. */
    algorithms: ['HS256'];
  };
}

/** JwtSecretRequestType.SIGN of `@nestjs/jwt`, which the package does not import. */
const SIGN = 0;

const NO_LEGACY: LegacyKeys = { signing: () => undefined, verifying: () => [] };

/** Implements `keys.jwtOptions()`. */
export function jwtModuleOptions<SignOptions, VerifyOptions>(
  ring: ActiveKeys,
  { purpose = 'access', legacy, signOptions, verifyOptions }: KeyRingJwtOptions<SignOptions, VerifyOptions>,
): KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
  for (const [name, options] of Object.entries({ signOptions, verifyOptions })) {
    const fault = overrideIn(options);
    if (fault !== undefined) throw new KeyRingError(`jwtOptions(): ${name} ${fault}`);
  }
  const keys = ring.follow((derived) => derived.keysFor('jwt', purpose));
  const old = legacy === undefined ? NO_LEGACY : legacyKeys(legacy);
  if (legacy !== undefined) ring.counts.acceptLegacy();
  const verifying = keyFinder(keys, ring, old);
  const checkOptions = optionsCheck(purpose);
  const signing = { ...(signOptions as Passed<SignOptions>), algorithm: 'HS256' as const };
  if (legacy?.sign !== true) {
    // JwtService copies the options at each call, which reads the id of the key that signs then.
    Object.defineProperty(signing, 'keyid', { enumerable: true, get: () => ring.derived.ids[0] });
  }
  return {
    secretOrKeyProvider: (requestType, tokenOrPayload, options) => {
      if (options !== undefined) checkOptions(requestType === SIGN ? 'sign()' : 'verify()', options);
      return requestType === SIGN ? (old.signing() ?? keys()[0]!) : verifying(tokenOrPayload);
    },
    signOptions: signing,
    verifyOptions: { ...(verifyOptions as Passed<VerifyOptions>), algorithms: ['HS256'] },
  };
}

/** Refuses options of a single call. Also logs it once, because a guard that answers 401 to every error would hide it. */
function optionsCheck(purpose: string) {
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

/** Finds the key for a token: the one that its `kid` names, otherwise the one that signed it. */
function keyFinder(keysNow: () => readonly KeyObject[], ring: ActiveKeys, old: LegacyKeys) {
  return (token: unknown): KeyObject => {
    const keys = keysNow();
    const current = keys[0]!;
    if (typeof token !== 'string') return current;
    const [header = '', payload = '', signature] = token.split('.', 3);
    const named = ring.derived.ids.indexOf(kidOf(header) as string);
    if (named !== -1) return keys[ring.counts.count(named)]!;
    const candidates = [...keys, ...old.verifying()];
    const index = indexOfSigner(candidates, `${header}.${payload}`, signature);
    if (index < keys.length) ring.counts.count(index);
    else ring.counts.countLegacy();
    // If no key signed it, verification with the current key fails.
    return candidates[index] ?? current;
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

/** Options of `@nestjs/jwt` that would override the algorithm or the key id of the ring. */
interface Overrides {
  readonly algorithm?: unknown;
  readonly algorithms?: unknown;
  readonly keyid?: unknown;
  readonly header?: unknown;
}

const KEYS = ['secret', 'privateKey', 'publicKey', 'secretOrPrivateKey'];

/** What is wrong with options; undefined if none of them conflicts with the ring. */
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

// In jsonwebtoken a header overrides the algorithm and the key id.
function headerFault(header: unknown): string | undefined {
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return 'must have an object as header';
  const { alg = 'HS256', kid } = header as { alg?: unknown; kid?: unknown };
  if (alg !== 'HS256') return 'must not have another alg in the header than HS256';
  return kid === undefined
    ? undefined
    : 'must not have kid in the header: tokens name the key of the ring that signed them';
}
