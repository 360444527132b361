import { Logger } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { parseKey } from '../config/index.js';
import { DerivedKeys, type KeyUse, toKey } from './derived-keys.js';
import { KeyRingError } from './key-ring.error.js';

/** A secret of the ring, and the time from which it signs. */
interface Master {
  readonly key: KeyObject;
  readonly since: number;
}

/** Timers run on a clock that stops with the machine: the time of day is looked at this often. */
const MAX_WAIT_MS = 30_000;

/**
 * The keys of a ring. Of those whose time has come, the first one signs; all of them verify. They change between two
 * turns of the event loop only, so that code that runs at once sees one state.
 */
export class ActiveKeys {
  #masters: readonly Master[];
  #derived: DerivedKeys;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();

  /** @throws KeyRingError if a text is not a key, or if no key signs yet */
  constructor(texts: readonly unknown[]) {
    this.#masters = mastersOf(texts);
    this.#derived = deriveFrom(this.#masters);
    this.#waitForNext();
  }

  /** The keys of now, the signing one first. */
  get derived(): DerivedKeys {
    return this.#derived;
  }

  /** A function that returns the keys for a purpose, as they are when it is called. */
  follow(use: KeyUse, purpose: string): () => readonly KeyObject[] {
    let source = this.#derived;
    let keys = source.keysFor(use, purpose);
    return () => {
      if (source !== this.#derived) {
        source = this.#derived;
        keys = source.keysFor(use, purpose);
      }
      return keys;
    };
  }

  /**
   * Replaces all keys.
   *
   * @throws KeyRingError as the constructor does; then nothing changes
   */
  replace(texts: readonly unknown[]): void {
    const masters = mastersOf(texts);
    this.#adopt(masters, deriveFrom(masters));
  }

  /** Calls the listener after each change. Returns a function that ends this. */
  onChange(listener: () => void): () => void {
    // A function of its own, so that one listener can be added twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  #adopt(masters: readonly Master[], derived: DerivedKeys): void {
    const before = this.#derived.ids;
    this.#masters = masters;
    if (derived.ids.join() !== before.join()) {
      this.#derived = derived;
      for (const listener of this.#listeners) notify(listener);
    }
    this.#waitForNext();
  }

  /** Waits until the next key starts to sign. */
  #waitForNext(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const next = Math.min(...this.#masters.map(({ since }) => since).filter((since) => since > now));
    if (next === Infinity) return;
    const look = () => this.#adopt(this.#masters, deriveFrom(this.#masters));
    this.#timer = setTimeout(look, Math.min(next - now, MAX_WAIT_MS)).unref();
  }
}

function notify(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    const { name, message } = Object(error) as Partial<Error>;
    new Logger('KeyRing').error(`a listener of onChange() threw ${name ?? 'a value'}: ${message ?? ''}`);
  }
}

function mastersOf(texts: readonly unknown[]): Master[] {
  const since = new Map<string, number>();
  for (const text of texts) {
    if (typeof text !== 'string' || text === '')
      throw new KeyRingError('a key ring needs a configuration with a SECRET_KEY');
    const parsed = parseKey(text);
    if (parsed === undefined)
      throw new KeyRingError('a key that begins with since= must have the form since=<time>;<key>');
    // A key that is listed twice counts once, as it is listed first.
    if (!since.has(parsed.key)) since.set(parsed.key, parsed.since);
  }
  return [...since].map(([key, time]) => ({ key: toKey(Buffer.from(key, 'utf8')), since: time }));
}

function deriveFrom(masters: readonly Master[]): DerivedKeys {
  const now = Date.now();
  const signing = masters.find(({ since }) => since <= now);
  if (signing === undefined)
    throw new KeyRingError('no key signs yet: list the key that signs until then in SECRET_KEY_FALLBACKS');
  const others = masters.filter((master) => master !== signing);
  return new DerivedKeys([signing, ...others].map(({ key }) => key));
}
