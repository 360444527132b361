import { StreamableFile } from '@nestjs/common';
import { types } from 'node:util';
import { isRowSource, isStream, isThenable, type RowSource } from '../common/live-values.js';

/** A source of rows inside an object, and its path. */
export interface NestedSource {
  readonly path: readonly string[];
  readonly source: RowSource;
}

const MAX_DEPTH = 4;
// Does not count the values of the object itself, all of which are visited.
const MAX_NESTED_VALUES = 1000;

/** Finds the lists inside an object that is sent: sources of rows, and the first list that is longer than the page. */
export class NestedLists {
  readonly sources: NestedSource[] = [];
  /** The length of the first list that is longer than the page; it is not cut. */
  uncutRows: number | undefined;
  private nestedValues = 0;

  constructor(
    body: object,
    private readonly limit: number,
  ) {
    if (isContainer(body)) this.visitValues(body, []);
  }

  private visitValues(object: object, path: readonly string[]): void {
    const isPlain = isPlainObject(object);
    for (const name of Object.keys(object)) {
      if (path.length > 0 && ++this.nestedValues > MAX_NESTED_VALUES) return;
      const value =
        isPlain || !isAccessor(object, name) ? (object as Record<string, unknown>)[name] : undefined;
      if (typeof value === 'object' && value !== null) this.visit(value, [...path, name]);
    }
  }

  private visit(value: object, path: readonly string[]): void {
    const [name = ''] = path.slice(-1);
    if (isRowSource(value)) {
      this.sources.push({ path, source: value });
      return;
    }
    const length = lengthOf(value) ?? lengthOf(callToJson(value, name));
    if (length === undefined && path.length < MAX_DEPTH && isContainer(value))
      return this.visitValues(value, path);
    // The list in `items` is the one that is paged.
    if (length !== undefined && length > this.limit && (name !== 'items' || path.length > 1))
      this.uncutRows ??= length;
  }
}

/** The result of `toJSON()`; undefined if the object has none or it throws. */
export function callToJson(value: object, name = ''): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function' || ArrayBuffer.isView(value) || value instanceof Date) return undefined;
  try {
    return toJSON.call(value, name) as unknown;
  } catch {
    // The adapter throws the same error when it sends the object.
    return undefined;
  }
}

/** An accessor of an entity may run a query for a value that is never sent. */
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

/** Whether its properties are sent. Those of a file or a stream are not. */
function isContainer(value: object): boolean {
  const hasToJson = typeof (value as { toJSON?: unknown }).toJSON === 'function';
  const isFile = value instanceof StreamableFile || ArrayBuffer.isView(value);
  return !hasToJson && !isFile && !isThenable(value) && !isStream(value);
}

/** A copy of the object with another value at a path. Properties off the path are shared with the original. */
export function replaceAt(object: object, [name, ...path]: readonly string[], value: unknown): object {
  if (name === undefined) return object;
  const old = (object as Record<string, object>)[name]!;
  return copyWith(object, { [name]: path.length === 0 ? value : replaceAt(old, path, value) });
}

/** A copy of the same class with other values. The original may be shared, for instance by a cache. */
export function copyWith(
  object: object,
  values: Readonly<Record<string, unknown>>,
  toJSON?: () => unknown,
): object {
  // A proxy returns the descriptors of its target.
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
