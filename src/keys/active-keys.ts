import { Logger } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { errorName } from '../common/error-name.js';
import { parseKeys } from '../config/index.js';
import { DerivedKeys, toKey } from './derived-keys.js';
import { KeyCounts } from './key-counts.js';
import { KeyRingError } from './key-ring.error.js';

/** A secret of the ring, and the time from which it signs. */
interface Master {
  readonly id: string;
  readonly key: KeyObject;
  readonly since: number;
}

/** A timer pauses while the machine sleeps, so the wall clock is read at least this often. */
const MAX_WAIT_MS = 30_000;

/**
 * The keys of a ring. The first key whose time has come signs; all of them verify. They change only
 * between two turns of the event loop, so that synchronous code sees one state.
 */
export class ActiveKeys {
  #masters: readonly Master[];
  #derived: DerivedKeys;
  /** How much the current keys have verified. */
  readonly counts: KeyCounts;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => unknown>();

  /** @throws KeyRingError if a text is not a key, or if no key signs yet */
  constructor(texts: readonly unknown[]) {
    const now = Date.now();
    this.#masters = mastersOf(texts);
    this.#derived = deriveFrom(this.#masters, now);
    this.counts = new KeyCounts(this.#derived.ids);
    this.#waitForNext(now);
  }

  /** The current keys, the signing one first. */
  get derived(): DerivedKeys {
    return this.#derived;
  }

  /** When the next key starts to sign; undefined if none waits for its time. */
  get next(): number | undefined {
    return this.#nextAfter(Date.now());
  }

  /** The time from which a key signs; undefined if it has none. */
  sinceOf(id: string): number | undefined {
    const since = this.#masters.find((master) => master.id === id)?.since;
    return since === -Infinity ? undefined : since;
  }

  /** A function that returns what `read` makes of the current keys. It runs once for each change. */
  follow<T>(read: (derived: DerivedKeys) => T): () => T {
    let source = this.#derived;
    let made = read(source);
    return () => {
      if (source !== this.#derived) {
        source = this.#derived;
        made = read(source);
      }
      return made;
    };
  }

  /**
   * Replaces all keys and their times, and returns whether they differ from the previous ones.
   *
   * @throws KeyRingError as the constructor does; then nothing changes
   */
  replace(texts: readonly unknown[]): boolean {
    const now = Date.now();
    const masters = mastersOf(texts);
    const derived = deriveFrom(masters, now);
    const isChanged = !areEqual(masters, this.#masters);
    this.#masters = masters;
    this.#adopt(derived, now);
    return isChanged;
  }

  /** Calls the listener after each change of the ids. Returns a function that ends this. */
  onChange(listener: () => unknown): () => void {
    // A function of its own, so that one listener can be added twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** No key starts to sign any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** @param now when the keys were derived: a time that comes meanwhile is still waited for */
  #adopt(derived: DerivedKeys, now: number): void {
    if (derived.ids.join() !== this.#derived.ids.join()) {
      this.#derived = derived;
      this.counts.adopt(derived.ids);
      for (const listener of this.#listeners) notify(listener);
    }
    this.#waitForNext(now);
  }

  #waitForNext(now: number): void {
    clearTimeout(this.#timer);
    const next = this.#nextAfter(now);
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(next - Date.now(), MAX_WAIT_MS)).unref();
  }

  #look(): void {
    const now = Date.now();
    // If the clock was set back, no time may have come: the signing key stays.
    const hasCome = this.#masters.some(({ since }) => since <= now);
    this.#adopt(hasCome ? deriveFrom(this.#masters, now) : this.#derived, now);
  }

  #nextAfter(now: number): number | undefined {
    const next = Math.min(...this.#masters.map(({ since }) => since).filter((since) => since > now));
    return next === Infinity ? undefined : next;
  }
}

/** What a listener throws, or its promise rejects with, must not end the process. */
function notify(listener: () => unknown): void {
  new Promise((resolve) => resolve(listener())).catch((error: unknown) =>
    new Logger('KeyRing').error(`A listener of onChange() threw ${errorName(error)}`),
  );
}

function mastersOf(texts: readonly unknown[]): Master[] {
  if (!texts.every((text): text is string => typeof text === 'string' && text !== ''))
    throw new KeyRingError('a key ring needs a configuration with a SECRET_KEY');
  const keys = parseKeys(texts);
  if (keys === undefined)
    throw new KeyRingError('a key that begins with since= must have the form since=<time>;<key>');
  const masters = keys.map(({ key }) => toKey(Buffer.from(key, 'utf8')));
  const { ids } = new DerivedKeys(masters);
  return keys.map(({ since }, index) => ({ id: ids[index]!, key: masters[index]!, since }));
}

function deriveFrom(masters: readonly Master[], now: number): DerivedKeys {
  const signing = masters.find(({ since }) => since <= now);
  if (signing === undefined)
    throw new KeyRingError('no key signs yet: list the key that signs until then in SECRET_KEY_FALLBACKS');
  const others = masters.filter((master) => master !== signing);
  return new DerivedKeys([signing, ...others].map(({ key }) => key));
}

function areEqual(masters: readonly Master[], others: readonly Master[]): boolean {
  return (
    masters.length === others.length &&
    masters.every(({ key, since }, index) => key.equals(others[index]!.key) && since === others[index]!.since)
  );
}
