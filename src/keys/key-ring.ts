import { DerivedKeys } from './derived-keys.js';
import { jwtModuleOptions, type KeyRingJwtModuleOptions, type KeyRingJwtOptions } from './jwt.options.js';
import { KeyRingError } from './key-ring.error.js';
import { Keygrip } from './keygrip.js';
import { signatureOf, verifySignature, type Signable } from './signature.js';

/** Purposes reserved for the package: signatures of the application for them could pass for the package's own. */
export type InternalPurpose = 'page-cursor';

const INTERNAL_PURPOSES: ReadonlySet<string> = new Set<InternalPurpose>(['page-cursor']);

let keysOf: (ring: KeyRing) => DerivedKeys;

/** The settings that hold the keys. */
interface KeySettings {
  readonly SECRET_KEY: string;
  readonly SECRET_KEY_FALLBACKS?: readonly string[];
}

/**
 * Signs with SECRET_KEY and verifies with it and with SECRET_KEY_FALLBACKS, so that a key can be replaced without
 * downtime. Secrets never sign directly: each purpose has its own key, derived by HKDF-SHA256 (RFC 5869). The module
 * provides one ring for each application.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Invitations {
 *   constructor(private readonly keys: KeyRing) {}
 *
 *   link(email: string): string {
 *     return `/join?email=${encodeURIComponent(email)}&proof=${this.keys.sign('invitation', email)}`;
 *   }
 *
 *   accepts(email: string, proof: string): boolean {
 *     return this.keys.verify('invitation', email, proof) !== false;
 *   }
 * }
 * ```
 */
export class KeyRing {
  /** The signing key. Its id is public and reveals nothing about the key. */
  readonly current: {
    /** A short text, the `kid` of tokens. */
    readonly id: string;
  };
  /** The ids of all keys, the current one first. */
  readonly ids: readonly string[];
  readonly #keys: DerivedKeys;

  /** Takes a configuration. Outside Nest: `new KeyRing(AppConfig.load())`. */
  constructor({ SECRET_KEY, SECRET_KEY_FALLBACKS = [] }: KeySettings) {
    // A string would be spread into one key per character.
    if (!Array.isArray(SECRET_KEY_FALLBACKS)) throw new KeyRingError('SECRET_KEY_FALLBACKS must be a list');
    this.#keys = new DerivedKeys([...new Set([SECRET_KEY, ...SECRET_KEY_FALLBACKS])]);
    this.ids = Object.freeze(this.#keys.bytesFor('id', 'id', 9).map((bytes) => bytes.toString('base64url')));
    this.current = Object.freeze({ id: this.ids[0]! });
    Object.freeze(this);
  }

  /**
   * Signs data with the current key: 43 characters of base64url.
   *
   * @param purpose what the signature is for, such as 'password-reset'; it is invalid for any other purpose
   * @param data well-formed text or bytes
   * @throws KeyRingError if the purpose is not 1 to 200 printable ASCII characters or is reserved by the package
   * ('page-cursor'), or if the data is neither well-formed text nor bytes
   */
  sign(purpose: string, data: Signable): string {
    return signatureOf(this.#keys.keysFor('sign', checkReserved(purpose))[0]!, data);
  }

  /**
   * Verifies a signature. Returns 'current' if the current key made it, 'stale' if another key did (sign the data again
   * when you can), otherwise false. Data and signature may be untrusted input.
   *
   * @throws KeyRingError if `sign` refuses the purpose
   */
  verify(purpose: string, data: unknown, signature: unknown): 'current' | 'stale' | false {
    return verifySignature(this.#keys.keysFor('sign', checkReserved(purpose)), data, signature);
  }

  /**
   * Returns the options of `JwtModule`: HS256, the key id as `kid`, and for verification the key that the `kid` names.
   * A token without a `kid` is tried against all keys.
   *
   * @example
   * ```ts
   * JwtModule.registerAsync({
   *   inject: [KeyRing],
   *   useFactory: (keys: KeyRing) => keys.jwtOptions({ signOptions: { expiresIn: '15m' } }),
   * })
   * ```
   */
  jwtOptions<const SignOptions extends object = object, const VerifyOptions extends object = object>(
    options: KeyRingJwtOptions<SignOptions, VerifyOptions> = {},
  ): KeyRingJwtModuleOptions<SignOptions, VerifyOptions> {
    return jwtModuleOptions(this.#keys, this.ids, options);
  }

  /**
   * Returns the `keys` of `cookie-session` and `cookies`: the interface of the package keygrip, with HMAC-SHA256.
   *
   * @example
   * ```ts
   * app.use(cookieSession({ name: 'session', keys: keys.keygrip('session') }));
   * ```
   */
  keygrip(purpose: string): Keygrip {
    return new Keygrip(this.#keys.keysFor('keygrip', purpose));
  }

  /**
   * Returns the `secret` of `express-session`, `cookie-parser` and `@fastify/cookie`: texts derived for the purpose, that
   * of the current key first. They are secrets: pass them on and do not store them.
   *
   * @example
   * ```ts
   * app.use(session({ secret: keys.secrets('session'), resave: false, saveUninitialized: false }));
   * ```
   */
  secrets(purpose: string): string[] {
    return this.#keys.bytesFor('secret', purpose, 32).map((bytes) => bytes.toString('base64url'));
  }

  static {
    keysOf = (ring) => ring.#keys;
  }
}

/** Signs for a reserved purpose. */
export function signInternal(ring: KeyRing, purpose: InternalPurpose, data: Signable): string {
  return signatureOf(keysOf(ring).keysFor('sign', purpose)[0]!, data);
}

/** Whether `signInternal` made the signature. */
export function verifyInternal(
  ring: KeyRing,
  purpose: InternalPurpose,
  data: unknown,
  signature: unknown,
): boolean {
  return verifySignature(keysOf(ring).keysFor('sign', purpose), data, signature) !== false;
}

function checkReserved(purpose: string): string {
  if (!INTERNAL_PURPOSES.has(purpose)) return purpose;
  throw new KeyRingError(`the purpose '${purpose}' is reserved by the package: choose another name`);
}
