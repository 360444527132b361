import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LruMap } from '../common/lru-map.js';
import { KeyRingError } from './key-ring.error.js';

/** The use of a key. The same purpose has a different key for each use. */
type KeyUse = 'id' | 'sign' | 'seal' | 'jwt' | 'keygrip' | 'secret';

// Most services have a few fixed purposes. The bound is for a service that has a purpose per user.
const MAX_CACHED = 256;

/** The keys that are derived from each secret (HKDF-SHA256, RFC 5869), the signing secret's first. */
export class DerivedKeys {
  /** The public id of each secret. */
  readonly ids: readonly string[];
  readonly #masters: readonly KeyObject[];
  readonly #cache = new LruMap<readonly KeyObject[]>(MAX_CACHED);

  constructor(masters: readonly KeyObject[]) {
    this.#masters = masters;
    this.ids = Object.freeze(this.bytesFor('id', 'id', 9).map((bytes) => bytes.toString('base64url')));
  }

  /** One key for each secret. */
  keysFor(use: KeyUse, purpose: string): readonly KeyObject[] {
    const name = `${use}/${checkPurpose(purpose)}`;
    let keys = this.#cache.get(name);
    if (keys === undefined) {
      keys = this.bytesFor(use, purpose, 32).map(toKey);
      this.#cache.set(name, keys);
    }
    return keys;
  }

  /** The same as bytes, for consumers that do not accept a KeyObject. */
  bytesFor(use: KeyUse, purpose: string, length: number): Buffer[] {
    const info = `nestjs-production-config/1/${use}/${checkPurpose(purpose)}`;
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
