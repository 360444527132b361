import { SHOWS_ALL } from '../../config/index.js';
import { isIndex, keepIndicesInTable } from './index-keys.js';
import { KnownShapes } from './object-shapes.js';
import { nonDataKind } from './non-data.js';
import { copyText } from './flat-string.js';
import { SealedValue } from './sealed-value.js';

/** The value cannot be cached. The message names its kind, never its content. */
export class UncacheableValue extends Error {
  readonly code = 'ERR_CACHE_VALUE';
}

// Sizes in V8 on a 64-bit machine, rounded up.
const WORD = 8;
const OBJECT = 10 * WORD;
const PROPERTY = 3 * WORD;
// The additional size of a key that creates a new hidden class.
const NEW_KEY = 20 * WORD;
// Objects with many keys, or with index keys, are hash tables.
const TABLE_ENTRY = 11 * WORD;
const TEXT = 3 * WORD;
const NUMBER = 2 * WORD;
const DATE = 6 * WORD;
const MAX_SHAPED_KEYS = 12;
// An object has slots for this many keys from the start.
const MIN_KEYS = 4;

const shapes = new KnownShapes();

const MAX_DEPTH = 256;
// The limit is checked each time this many bytes have been counted.
const FLUSH = 4096;

/**
 * Copies plain data, freezes the copy and counts its bytes in one pass. Class instances become the plain data that JSON
 * would make of them; Date, Map, Set, bigint, binary data and undefined keep their types.
 *
 * @throws UncacheableValue
 */
export class FrozenCopy {
  readonly value: unknown;
  /** The size of the copy, estimated on the high side. */
  bytes = 0;
  /** The first class without toJSON() that was flattened to plain data. */
  flattenedClass: string | undefined;
  /** The first class of the application that was flattened to plain data. */
  appClass: string | undefined;
  /** It contains a Date, Map, Set or binary data, which cannot be frozen: each reader needs a copy. */
  hasMutableParts = false;

  /** @param isFrozenCopy whether the value is such a copy already, so that its strings need not be copied */
  constructor(
    value: unknown,
    private readonly maxBytes: number,
    private readonly isFrozenCopy = false,
  ) {
    this.value = this.copy(value, 0);
  }

  private copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') {
      // JavaScript cannot tell one-byte strings from two-byte strings.
      this.count(TEXT + 2 * value.length);
      return this.isFrozenCopy ? value : copyText(value);
    }
    if (typeof value === 'number') {
      this.count(NUMBER);
      return value;
    }
    if (typeof value === 'object' && value !== null) return this.copyObject(value, depth);
    if (typeof value === 'bigint') this.count(3 * WORD + value.toString(16).length);
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new UncacheableValue(`a ${typeof value}`);
    return value;
  }

  private copyObject(value: object, depth: number): unknown {
    if (depth > MAX_DEPTH)
      throw new UncacheableValue('an object that refers to itself or is nested too deeply');
    this.count(OBJECT);
    if (Array.isArray(value)) return this.copyArray(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.copyRecord(value, depth);
    return this.copyInstance(value, depth);
  }

  private copyArray(value: readonly unknown[], depth: number): unknown {
    this.count(2 * WORD + WORD * value.length);
    // A spread allocates the exact size; an array that grows does not.
    const copy = [...value];
    for (let index = 0; index < copy.length; index++) copy[index] = this.copy(copy[index], depth + 1);
    return Object.freeze(copy);
  }

  private copyRecord(value: object, depth: number): unknown {
    // Built key by key: freezing the result of a spread costs several times as much.
    const copy: Record<string, unknown> = {};
    let shape = shapes.empty;
    let keys = 0;
    let bytes = 0;
    let hasIndices = false;
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      if (typeof item === 'string') bytes += TEXT + 2 * item.length;
      else if (typeof item === 'number') bytes += NUMBER;
      else if (typeof item === 'function' || typeof item === 'symbol') continue;
      // Index keys come first, so the first key tells whether there are any.
      if (keys++ === 0 && isIndex(key)) hasIndices = keepIndicesInTable(copy);
      if (!hasIndices || !isIndex(key)) {
        const known = shape.with(key);
        if (known === undefined) bytes += NEW_KEY;
        shape = known ?? shapes.add(shape, key);
      }
      bytes += PROPERTY + 2 * key.length;
      if (bytes > FLUSH) {
        this.count(bytes);
        bytes = 0;
      }
      let kept: unknown = item;
      if (typeof item === 'string') kept = this.isFrozenCopy ? item : copyText(item);
      else if (typeof item === 'object' || typeof item === 'bigint') kept = this.copy(item, depth + 1);
      if (key === '__proto__') defineOwn(copy, key, kept);
      else copy[key] = kept;
    }
    const isTable = hasIndices || keys > MAX_SHAPED_KEYS;
    this.count(bytes + (isTable ? TABLE_ENTRY * keys : PROPERTY * Math.max(0, MIN_KEYS - keys)));
    return Object.freeze(copy);
  }

  private copyInstance(value: object, depth: number): unknown {
    const hasMutableParts = this.copyMutable(value, depth);
    if (hasMutableParts !== undefined) {
      this.hasMutableParts = true;
      return hasMutableParts;
    }
    if (value instanceof SealedValue) return value.map((content) => this.copy(content, depth + 1));
    const live = nonDataKind(value);
    if (live !== undefined) throw new UncacheableValue(live);
    const name = value.constructor?.name;
    // An Object from another realm is not a class of the application.
    if (name !== 'Object' && !(SHOWS_ALL in value)) this.appClass ??= name ?? '';
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.copy(toJSON.call(value), depth + 1);
    this.flattenedClass ??= name;
    return this.copyRecord({ ...value }, depth);
  }

  private copyMutable(value: object, depth: number): object | undefined {
    if (value instanceof Date) {
      this.count(DATE);
      return new Date(value.getTime());
    }
    if (value instanceof Map) {
      this.count(tableBytes(value.size, 3));
      return new Map(
        [...value].map(([key, item]) => [this.copy(key, depth + 1), this.copy(item, depth + 1)]),
      );
    }
    if (value instanceof Set) {
      this.count(tableBytes(value.size, 2));
      return new Set([...value].map((item) => this.copy(item, depth + 1)));
    }
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return undefined;
    this.count(value.byteLength + 3 * OBJECT);
    if (Buffer.isBuffer(value)) return copyBuffer(value);
    if (value instanceof DataView) {
      return new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
    }
    return (value as ArrayBuffer | Uint8Array).slice();
  }

  // Counts before copying, so that the copy of a huge value is aborted early.
  private count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.maxBytes) throw new UncacheableValue('larger than the whole cache');
  }
}

/** Not a slice of the pool of Buffer.from(), which would keep the whole pool in memory. */
function copyBuffer(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}

/** The size of the table of a Map or Set, which doubles when it is full. */
function tableBytes(size: number, wordsPerEntry: number): number {
  const room = 2 ** Math.max(3, Math.ceil(Math.log2(size)));
  return WORD * (5 + room / 2 + room * wordsPerEntry);
}

// Assigning to `__proto__` would set the prototype.
function defineOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
