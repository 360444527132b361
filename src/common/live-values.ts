import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { isObservable } from 'rxjs';

/** Anything that yields rows one by one: a generator, an iterator, an object stream, a database cursor. */
export type RowSource = (AsyncIterable<unknown> | Iterable<unknown>) & {
  destroy?: () => unknown;
  readonly readableObjectMode?: boolean;
};

// The prototype that generators share with iterators such as list.values().
const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

/** A promise, or a query builder with a `then` method: `await` treats every object with this method as a promise. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return mayBe && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Whether an object is a stream, an iterator or an observable. Entities may have methods such as `next`, `pipe` and
 * `subscribe` too, so a method name alone does not decide.
 */
export function isStream(value: object): boolean {
  return (
    // Readable streams of Node.js and the web, async generators, database cursors.
    Symbol.asyncIterator in value ||
    (value instanceof EventEmitter && 'pipe' in value) ||
    value instanceof WritableStream ||
    value instanceof TransformStream ||
    Object.prototype.isPrototypeOf.call(ITERATOR, value) ||
    types.isGeneratorObject(value) ||
    isObservable(value) ||
    ((Symbol as { observable?: symbol }).observable ?? '@@observable') in value
  );
}

/** Byte streams are files. Anything else that can be iterated asynchronously may yield rows. */
export function isRowSource(value: object): value is RowSource {
  if (!(Symbol.asyncIterator in value)) {
    return Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function';
  }
  const { readableObjectMode } = value as { readableObjectMode?: boolean };
  return readableObjectMode !== false && !isThenable(value);
}
