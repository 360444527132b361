import { ActiveKeys } from './active-keys.js';
import { jwtModuleOptions, type KeyRingJwtModuleOptions, type KeyRingJwtOptions } from './jwt.options.js';
import { KeyRingError } from './key-ring.error.js';
import { FastifySigner } from './fastify-signer.js';
import { Keygrip } from './keygrip.js';
import { INTERNAL_PURPOSES } from './internal-purposes.js';
import { SecretLists } from './secret-lists.js';
import { indexOfSigner, signatureOf, type Signable } from './signature.js';

/**
 * The keys of a ring.
 *
 * @internal
 */
export let keysOf: (ring: KeyRing) => ActiveKeys;

/** The settings that hold the keys. */
interface KeySettings {
  readonly SECRET_KEY: string;
  readonly SECRET_KEY_FALLBACKS?: readonly string[];
}

/**
 * Signs with SECRET_KEY and verifies with it and with SECRET_KEY_FALLBACKS, so that a key can be replaced without
 * downtime. A key `since=<time>;<key>` verifies at once and signs from that time on: the first key whose time has
 * come signs. Secrets never sign directly: each purpose has its own key, derived by HKDF-SHA256 (RFC 5869). The
 * module provides one ring for each application. What a ring has handed out follows its keys.
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
  declare readonly current: {
    /** A short text, the `kid` of tokens. */
    readonly id: string;
  };
  /** The ids of all keys, the signing one first. */
  declare readonly ids: readonly string[];
  readonly #keys: ActiveKeys;
  readonly #lists: SecretLists;

  /** Takes a configuration. Outside Nest: `new KeyRing(AppConfig.load())`. */
  constructor(config: KeySettings) {
    this.#keys = new ActiveKeys(textsOf(config));
    this.#lists = new SecretLists(this.#keys);
    Object.defineProperties(this, {
      current: { get: () => Object.freeze({ id: this.#keys.derived.ids[0]! }), enumerable: true },
      ids: { get: () => this.#keys.derived.ids, enumerable: true },
    });
    Object.freeze(this);
  }

  /**
   * Calls the listener after each change of `ids`: the time of a key has come, or changed key files were adopted
   * (SECRET_KEY_RELOAD_SECONDS). An error of the listener is logged by its name. Returns a function that ends this.
   *
   * @example
   * ```ts
   * keys.onChange(() => console.log(`signs with ${keys.current.id}`));
   * ```
   */
  onChange(listener: () => unknown): () => void {
    return this.#keys.onChange(listener);
  }

  /**
   * Signs data with the current key: 43 characters of base64url.
   *
   * @param purpose what the signature is for, such as 'password-reset'; it is invalid for any other purpose
   * @param data well-formed text or bytes
   * @throws KeyRingError if the purpose is not 1 to 200 printable ASCII characters or is reserved by the package
   * ('fleet', 'page-cursor'), or if the data is neither well-formed text nor bytes
   */
  sign(purpose: string, data: Signable): string {
    return signatureOf(this.#keys.derived.keysFor('sign', checkReserved(purpose))[0]!, data);
  }

  /**
   * Verifies a signature. Returns 'current' if the current key made it, 'stale' if another key did (sign the data again
   * when you can), otherwise false. Data and signature may be untrusted input.
   *
   * @throws KeyRingError if `sign` refuses the purpose
   */
  verify(purpose: string, data: unknown, signature: unknown): 'current' | 'stale' | false {
    const keys = this.#keys.derived.keysFor('sign', checkReserved(purpose));
    const index = this.#keys.counts.count(indexOfSigner(keys, data, signature));
    if (index === -1) return false;
    return index === 0 ? 'current' : 'stale';
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
    return jwtModuleOptions(this.#keys, options);
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
    return new Keygrip(this.#keys, purpose);
  }

  /**
   * Returns the `secret` of `express-session` and `cookie-parser`: texts derived for the purpose, that of the current key
   * first. They are secrets: pass them on and do not store them. The list follows the ring; a copy of it keeps the current
   * keys. For @fastify/cookie and @fastify/session, which copy its first item, use `fastifySigner()`.
   *
   * @example
   * ```ts
   * app.use(session({ secret: keys.secrets('session'), resave: false, saveUninitialized: false }));
   * ```
   */
  secrets(purpose: string): string[] {
    return this.#lists.listFor(purpose);
  }

  /**
   * Returns the `secret` of `@fastify/cookie` and `@fastify/session`. It verifies what they signed with `secrets()` of the
   * same purpose.
   *
   * @example
   * ```ts
   * const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
   * await app.register(fastifyCookie, { secret: keys.fastifySigner('cookies') });
   * ```
   */
  fastifySigner(purpose: string): FastifySigner {
    return new FastifySigner(this.#keys, purpose);
  }

  static {
    keysOf = (ring) => ring.#keys;
  }
}

/** Makes the ring use other keys. If it throws a KeyRingError, nothing changes. */
export function replaceKeys(ring: KeyRing, config: KeySettings) {
  const keys = keysOf(ring);
  return { isChanged: keys.replace(textsOf(config)), next: keys.next };
}

/** How much each key has verified, by its id. */
export function verifiedBy(ring: KeyRing): Readonly<Record<string, number>> {
  // A test may have overridden the provider.
  return ring instanceof KeyRing ? keysOf(ring).counts.verified : {};
}

/** The application has ended: nothing changes the ring any more. */
export function stopKeys(ring: KeyRing): void {
  // A test may have overridden the provider.
  if (ring instanceof KeyRing) keysOf(ring).stop();
}

function textsOf({ SECRET_KEY, SECRET_KEY_FALLBACKS = [] }: KeySettings): string[] {
  // A string would be spread into one key per character.
  if (!Array.isArray(SECRET_KEY_FALLBACKS)) throw new KeyRingError('SECRET_KEY_FALLBACKS must be a list');
  return [SECRET_KEY, ...SECRET_KEY_FALLBACKS];
}

function checkReserved(purpose: string): string {
  if (!INTERNAL_PURPOSES.has(purpose)) return purpose;
  throw new KeyRingError(`the purpose '${purpose}' is reserved by the package: choose another name`);
}
