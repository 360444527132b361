import { StreamableFile } from '@nestjs/common';
import { types } from 'node:util';
import { isRowSource, type RowSource } from './row-reader.js';

/** A source of rows inside an object, and the names that lead to it. */
export interface NestedSource {
  readonly path: readonly string[];
  readonly source: RowSource;
}

const MOST_LEVELS = 4;
// All values of the object itself are looked at, and this many of those that are nested in them.
const MOST_NESTED = 1000;

/** What is sent inside an object and may be a list: sources of rows, and the length of a list beyond the page. */
export class SentParts {
  readonly sources: NestedSource[] = [];
  hidden: number | undefined;
  private nested = 0;

  constructor(
    body: object,
    private readonly limit: number,
  ) {
    if (isNest(body)) this.look(body, []);
  }

  private look(object: object, path: readonly string[]): void {
    const isPlain = isPlainObject(object);
    for (const name of Object.keys(object)) {
      if (path.length > 0 && ++this.nested > MOST_NESTED) return;
      const value =
        isPlain || !isAccessor(object, name) ? (object as Record<string, unknown>)[name] : undefined;
      if (typeof value === 'object' && value !== null) this.judge(value, [...path, name]);
    }
  }

  private judge(value: object, path: readonly string[]): void {
    const [name = ''] = path.slice(-1);
    if (isRowSource(value)) {
      this.sources.push({ path, source: value });
      return;
    }
    const length = lengthOf(value) ?? lengthOf(jsonOf(value, name));
    if (length === undefined && path.length < MOST_LEVELS && isNest(value)) return this.look(value, path);
    // A list in `items` is what is paged.
    if (length !== undefined && length > this.limit && (name !== 'items' || path.length > 1))
      this.hidden ??= length;
  }
}

/** What `toJSON()` makes of an object; undefined if it has none, or it throws. */
export function jsonOf(value: object, name = ''): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function' || ArrayBuffer.isView(value) || value instanceof Date) return undefined;
  try {
    return toJSON.call(value, name) as unknown;
  } catch {
    // Whoever sends it meets the error.
    return undefined;
  }
}

/** Of an entity it may load on access what is never sent. */
function isAccessor(object: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(object, name)?.get !== undefined;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return value instanceof Set || value instanceof Map ? value.size : undefined;
}

/** Whether more is sent in it. A file or a stream has parts of its own that are not. */
function isNest(value: object): boolean {
  const { toJSON, then, pipe } = value as Record<string, unknown>;
  const isLive = [toJSON, then, pipe].some((method) => typeof method === 'function');
  return !isLive && !ArrayBuffer.isView(value) && !(value instanceof StreamableFile);
}

/** The object with another value at the end of a path. What is not on the path is shared, and nothing is changed. */
export function replaced(object: object, [name, ...path]: readonly string[], value: unknown): object {
  if (name === undefined) return object;
  const old = (object as Record<string, object>)[name]!;
  return copyWith(object, { [name]: path.length === 0 ? value : replaced(old, path, value) });
}

/** A copy of the same class with other values. What the handler returned may be shared, by a cache for instance. */
export function copyWith(
  object: object,
  values: Readonly<Record<string, unknown>>,
  toJSON?: () => unknown,
): object {
  // The descriptors of a proxy are those of its target.
  const own = types.isProxy(object) ? { ...object } : object;
  const fields = Object.entries(values).map(([name, value]) => [name, fieldOf(value, true)]);
  return Object.create(Object.getPrototypeOf(object) as object | null, {
    ...Object.getOwnPropertyDescriptors(own),
    ...(Object.fromEntries(fields) as PropertyDescriptorMap),
    ...(toJSON && { toJSON: fieldOf(toJSON, false) }),
  }) as object;
}

function fieldOf(value: unknown, enumerable: boolean): PropertyDescriptor {
  return { value, enumerable, writable: true, configurable: true };
}
