import { DerivedKeys } from './derived-keys.js';
import { jwtModuleOptions, type KeyRingJwtModuleOptions, type KeyRingJwtOptions } from './jwt.options.js';
import { KeyRingError } from './key-ring.error.js';
import { Keygrip } from './keygrip.js';
import { signatureOf, verifySignature, type Signable } from './signature.js';

/** What the package itself signs: a signature of the application for one of these would pass for the package's. */
export type InternalPurpose = 'page-cursor';

const INTERNAL_PURPOSES: ReadonlySet<string> = new Set<InternalPurpose>(['page-cursor']);

let keysOf: (ring: KeyRing) => DerivedKeys;

/** The settings that hold the keys. */
interface KeySettings {
  readonly SECRET_KEY: string;
  readonly SECRET_KEY_FALLBACKS?: readonly string[];
}

/**
 * Signs with SECRET_KEY and verifies with it and with SECRET_KEY_FALLBACKS, so that a key is replaced while the
 * service keeps serving. Nothing is signed with a secret itself: each purpose has a key of its own, derived from it
 * by HKDF-SHA256 (RFC 5869). The module provides one ring for each application.
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
  /** The key that signs. Its id is public and says nothing about the key. */
  readonly current: {
    /** A short text that tokens carry as their `kid`. */
    readonly id: string;
  };
  /** The ids of all keys, the current one's first. */
  readonly ids: readonly string[];
  readonly #keys: DerivedKeys;

  /** Takes a configuration: `new KeyRing(AppConfig.load())` where Nest does not provide one. */
  constructor({ SECRET_KEY, SECRET_KEY_FALLBACKS = [] }: KeySettings) {
    // A text would become one key for each of its characters.
    if (!Array.isArray(SECRET_KEY_FALLBACKS)) throw new KeyRingError('SECRET_KEY_FALLBACKS must be a list');
    this.#keys = new DerivedKeys([SECRET_KEY, ...SECRET_KEY_FALLBACKS]);
    this.ids = Object.freeze(this.#keys.bytesFor('id', 'id', 9).map((bytes) => bytes.toString('base64url')));
    this.current = Object.freeze({ id: this.ids[0]! });
    Object.freeze(this);
  }

  /**
   * Signs data with the current key: 43 characters of base64url.
   *
   * @param purpose what the signature is for, such as 'password-reset': a signature for one purpose is none for another
   * @param data well-formed text or bytes
   * @throws KeyRingError when the purpose is not 1 to 200 printable ASCII characters or is one of the package's own
   * ('page-cursor'), or the data is something else
   */
  sign(purpose: string, data: Signable): string {
    return signatureOf(this.#keys.keysFor('sign', unreserved(purpose))[0]!, data);
  }

  /**
   * Whether one of the keys signed the data for the purpose: 'current', 'stale' when another one than the current key
   * did (sign it anew when you can), or false. Data and signature may be whatever a client sent.
   *
   * @throws KeyRingError when the purpose is one that `sign` refuses
   */
  verify(purpose: string, data: unknown, signature: unknown): 'current' | 'stale' | false {
    return verifySignature(this.#keys.keysFor('sign', unreserved(purpose)), data, signature);
  }

  /**
   * The options of `JwtModule`: HS256, the key's id as `kid`, and for verification the key that the `kid` names; a
   * token without one is tried against all keys.
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
   * What `cookie-session` and `cookies` take as `keys`: the interface of the package keygrip, with HMAC-SHA256.
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
   * What `express-session`, `cookie-parser` and `@fastify/cookie` take as `secret`: texts that are derived for the
   * purpose, the current key's first. They are secrets: hand them on and keep them nowhere.
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

/** Signs for the package itself; applications cannot. */
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

function unreserved(purpose: string): string {
  if (!INTERNAL_PURPOSES.has(purpose)) return purpose;
  throw new KeyRingError(`the purpose '${purpose}' is reserved by the package: choose another name`);
}
