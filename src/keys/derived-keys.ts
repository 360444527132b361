import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { KeyRingError } from './key-ring.error.js';

/** The use of a key. The same purpose has a different key for each kind. */
type Kind = 'id' | 'sign' | 'jwt' | 'keygrip' | 'secret';

// Most services have a few fixed purposes. The bound is for a service that has a purpose per user.
const MAX_CACHED = 256;

/** The keys that are derived from each secret (HKDF-SHA256, RFC 5869), the current secret's first. */
export class DerivedKeys {
  readonly #masters: readonly KeyObject[];
  readonly #cache = new LRUCache<string, readonly KeyObject[]>({ max: MAX_CACHED });

  constructor(secrets: readonly string[]) {
    if (!secrets.every((secret) => typeof secret === 'string' && secret !== '')) {
      throw new KeyRingError('a key ring needs a configuration with a SECRET_KEY');
    }
    this.#masters = secrets.map((secret) => toKey(Buffer.from(secret, 'utf8')));
  }

  /** One key for each secret. */
  keysFor(kind: Kind, purpose: string): readonly KeyObject[] {
    const name = `${kind}/${checkPurpose(purpose)}`;
    let keys = this.#cache.get(name);
    if (keys === undefined) {
      keys = this.bytesFor(kind, purpose, 32).map(toKey);
      this.#cache.set(name, keys);
    }
    return keys;
  }

  /** The same as bytes, for consumers that do not accept a KeyObject. */
  bytesFor(kind: Kind, purpose: string, length: number): Buffer[] {
    const info = `nestjs-production-config/1/${kind}/${checkPurpose(purpose)}`;
    return this.#masters.map((master) => Buffer.from(hkdfSync('sha256', master, '', info, length)));
  }
}

/** Moves bytes into a KeyObject and erases them: inspect, JSON and heap snapshots do not show a KeyObject's bytes. */
export function toKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function checkPurpose(purpose: string): string {
  if (typeof purpose === 'string' && /^[\x20-\x7e]{1,200}$/.test(purpose)) return purpose;
  throw new KeyRingError("a purpose is 1 to 200 printable ASCII characters, such as 'password-reset'");
}
