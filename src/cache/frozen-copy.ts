/** The value cannot be kept. The reason names its kind, never its content. */
export class UncacheableValue extends Error {
  readonly code = 'ERR_CACHE_VALUE';
}

// What V8 takes on a 64-bit machine, rounded up.
const WORD = 8;
const OBJECT = 10 * WORD;
const PROPERTY = 3 * WORD;
// Objects with many keys, or with numbers for keys, are hash tables, whose keys nothing shares.
const TABLE_ENTRY = 11 * WORD;
const TEXT = 2 * WORD;
const NUMBER = 2 * WORD;
const MAX_SHAPED_KEYS = 16;
// An object has room for some from the start.
const MIN_KEYS = 4;

const NINE = '9'.charCodeAt(0);

const MAX_DEPTH = 256;
// Bytes that are counted aside before the bound is looked at.
const FLUSH = 4096;

/**
 * Copies plain data, freezes the copy and counts its bytes, in one walk. Class instances become the plain data
 * that JSON would make of them; Date, Map, Set, bigint, binary data and undefined stay what they are.
 *
 * @throws UncacheableValue
 */
export class FrozenCopy {
  readonly value: unknown;
  /** What the copy takes, by a count that errs on the high side. */
  bytes = 0;
  /** The first class whose instances became plain data without a say in it. */
  flattened: string | undefined;
  /** It holds a Date, Map, Set or binary data, which nothing can freeze: each reader needs a copy of its own. */
  thawed = false;

  constructor(
    value: unknown,
    private readonly maxBytes: number,
  ) {
    this.value = this.copy(value, 0);
  }

  private copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') {
      // One-byte and two-byte strings look alike from here.
      this.count(TEXT + 2 * value.length);
      return value;
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
    // The spread takes exactly the room it needs, which an array that grows does not.
    const copy = [...value];
    for (let index = 0; index < copy.length; index++) copy[index] = this.copy(copy[index], depth + 1);
    return Object.freeze(copy);
  }

  private copyRecord(value: object, depth: number): unknown {
    // Built key by key: freezing what a spread made costs several times as much.
    const copy: Record<string, unknown> = {};
    let keys = 0;
    let bytes = 0;
    let first = '';
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      if (typeof item === 'string') bytes += TEXT + 2 * item.length;
      else if (typeof item === 'number') bytes += NUMBER;
      else if (typeof item === 'function' || typeof item === 'symbol') continue;
      if (keys++ === 0) first = key;
      bytes += PROPERTY + 2 * key.length;
      if (bytes > FLUSH) {
        this.count(bytes);
        bytes = 0;
      }
      const kept = typeof item === 'object' || typeof item === 'bigint' ? this.copy(item, depth + 1) : item;
      if (key === '__proto__') defineOwn(copy, key, kept);
      else copy[key] = kept;
    }
    // Numbers come first among the keys, so the first one tells whether there are any.
    const isTable = keys > MAX_SHAPED_KEYS || first.charCodeAt(0) <= NINE;
    this.count(bytes + (isTable ? TABLE_ENTRY * keys : PROPERTY * Math.max(0, MIN_KEYS - keys)));
    return Object.freeze(copy);
  }

  private copyInstance(value: object, depth: number): unknown {
    const thawed = this.copyThawed(value, depth);
    if (thawed !== undefined) {
      this.thawed = true;
      return thawed;
    }
    const live = livelinessOf(value);
    if (live !== undefined) throw new UncacheableValue(live);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.copy(toJSON.call(value), depth + 1);
    this.flattened ??= value.constructor?.name;
    return this.copyRecord({ ...value }, depth);
  }

  private copyThawed(value: object, depth: number): object | undefined {
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof Map) {
      this.count(5 * WORD * value.size);
      return new Map(
        [...value].map(([key, item]) => [this.copy(key, depth + 1), this.copy(item, depth + 1)]),
      );
    }
    if (value instanceof Set) {
      this.count(4 * WORD * value.size);
      return new Set([...value].map((item) => this.copy(item, depth + 1)));
    }
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return undefined;
    this.count(value.byteLength + 3 * OBJECT);
    if (Buffer.isBuffer(value)) return ownBuffer(value);
    if (value instanceof DataView) {
      return new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
    }
    return (value as ArrayBuffer | Uint8Array).slice();
  }

  // Counting before copying keeps a huge or endlessly shared value from being walked to its end.
  private count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.maxBytes) throw new UncacheableValue('larger than the whole cache');
  }
}

/** Not a slice of the pool that Buffer.from() takes from, which would keep the whole pool. */
function ownBuffer(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}

// Assigning to this key would set the prototype.
function defineOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** What is not data but something that happens, or that means something in this place only. */
function livelinessOf(value: object): string | undefined {
  const { then, next, subscribe, pipe } = value as Record<string, unknown>;
  if (typeof then === 'function') return 'a promise: await it first';
  if (
    [next, subscribe, pipe].some((method) => typeof method === 'function') ||
    Symbol.asyncIterator in value
  ) {
    return 'a stream, a generator or an observable';
  }
  const kind = [Error, RegExp, WeakMap, WeakSet, WeakRef].find((type) => value instanceof type);
  return kind === undefined ? undefined : `of the kind ${kind.name}`;
}
