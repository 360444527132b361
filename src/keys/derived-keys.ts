import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { KeyRingError } from './key-ring.error.js';

/** What a key is for. The same purpose under another kind is another key. */
type Kind = 'id' | 'sign' | 'jwt' | 'keygrip' | 'secret';

// Purposes are few and fixed in most services; one that makes a purpose of each user must not fill the memory.
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
    const name = `${kind}/${checked(purpose)}`;
    let keys = this.#cache.get(name);
    if (keys === undefined) {
      keys = this.bytesFor(kind, purpose, 32).map(toKey);
      this.#cache.set(name, keys);
    }
    return keys;
  }

  /** The same as bytes, for what cannot take a KeyObject. */
  bytesFor(kind: Kind, purpose: string, length: number): Buffer[] {
    const info = `nestjs-production-config/1/${kind}/${checked(purpose)}`;
    return this.#masters.map((master) => Buffer.from(hkdfSync('sha256', master, '', info, length)));
  }
}

/** Moves bytes into a key, whose inspect, JSON and heap snapshot do not show them. */
export function toKey(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function checked(purpose: string): string {
  if (typeof purpose === 'string' && /^[\x20-\x7e]{1,200}$/.test(purpose)) return purpose;
  throw new KeyRingError("a purpose is 1 to 200 printable ASCII characters, such as 'password-reset'");
}
