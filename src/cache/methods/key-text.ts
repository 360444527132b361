import { createHash } from 'node:crypto';
import { types } from 'node:util';

/** Longer texts are hashed, so that keys remain short. */
const MAX_READABLE = 128;
/** Bounds the time that a key takes, also for objects that contain themselves. */
const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 32;
/** Most texts are their own JSON. */
const UNESCAPED = /^[\w .:@/-]*$/;

/** A value that cannot be part of a cache key. */
export class UnsupportedKeyValue extends Error {
  constructor(
    /** Completes "it is …". */
    readonly kind: string,
    /** The position of the value in the list, beginning with 1. */
    readonly position = 0,
  ) {
    super(kind);
  }
}

/**
 * The text of a list of values in a cache key. Two lists have the same text if, and only if, their values are of the same
 * types and equal: 1, '1', 1n and true differ, and so do 0 and -0. The order of an object's properties makes no difference.
 * Undefined values at the end are left out, as those of optional parameters may be.
 *
 * @throws UnsupportedKeyValue unless each value is a primitive, a Date, or an array or a plain object of such values
 */
export function keyTextOf(values: readonly unknown[]): string {
  let end = values.length;
  while (end > 0 && values[end - 1] === undefined) end--;
  const writer = new KeyTextWriter();
  let text = '';
  let index = 0;
  try {
    for (; index < end; index++) text += `${index === 0 ? '' : ','}${writer.write(values[index], 0)}`;
  } catch (error) {
    throw error instanceof UnsupportedKeyValue ? new UnsupportedKeyValue(error.kind, index + 1) : error;
  }
  return text;
}

/** Hashes a text that would make the key too long. The hash never equals a text of another call. */
export function shorten(text: string): string {
  return text.length <= MAX_READABLE ? text : `#${createHash('sha256').update(text).digest('base64url')}`;
}

class KeyTextWriter {
  private length = 0;

  write(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return this.count(quote(value));
      case 'number':
        return this.count(Object.is(value, -0) ? '-0' : String(value));
      case 'bigint':
        return this.count(`${value}n`);
      case 'boolean':
      case 'undefined':
        return this.count(String(value));
      case 'object':
        return value === null ? this.count('null') : this.writeObject(value, depth + 1);
      default:
        throw new UnsupportedKeyValue(`a ${typeof value}`);
    }
  }

  private writeObject(value: object, depth: number): string {
    if (depth > MAX_DEPTH) throw new UnsupportedKeyValue(`nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value) && isDirectInstance(value)) return this.writeArray(value, depth);
    if (types.isDate(value) && isDirectInstance(value)) {
      return this.count(`Date(${Date.prototype.getTime.call(value)})`);
    }
    if (!isPlainObject(value)) throw new UnsupportedKeyValue(kindOf(value));
    if (Object.getOwnPropertySymbols(value).length > 0) {
      throw new UnsupportedKeyValue('an object with symbols as keys');
    }
    let text = '';
    for (const name of Object.keys(value).toSorted()) {
      text += `${text === '' ? '' : ','}${this.write(name, depth)}:${this.write(value[name], depth)}`;
    }
    return `{${text}}`;
  }

  private writeArray(value: readonly unknown[], depth: number): string {
    if (Object.keys(value).length !== value.length) {
      throw new UnsupportedKeyValue('an array with holes or with other properties');
    }
    this.count(`${value.length}`);
    return `[${value.map((item) => this.write(item, depth)).join(',')}]`;
  }

  private count(text: string): string {
    this.length += text.length + 1;
    if (this.length > MAX_LENGTH) throw new UnsupportedKeyValue(`longer than ${MAX_LENGTH} characters`);
    return text;
  }
}

/** Escapes lone surrogates, too, which would all become the same character in a hash or on a server. */
function quote(text: string): string {
  return UNESCAPED.test(text) || text.length > MAX_LENGTH ? `"${text}"` : JSON.stringify(text);
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isRootPrototype(prototype);
}

/** Whether an array or a date is not an instance of a subclass. */
function isDirectInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && isRootPrototype(Object.getPrototypeOf(prototype));
}

/** Whether it is the Object.prototype of any realm: Jest runs tests in a realm of their own. */
function isRootPrototype(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === null &&
    Object.hasOwn(value, 'isPrototypeOf')
  );
}

function kindOf(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) as {
    readonly constructor?: { readonly name?: unknown };
  };
  const name = constructor?.name;
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an instance of a class';
}
