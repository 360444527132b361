import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { isObservable } from 'rxjs';

const NOT_DATA = [Error, RegExp, WeakMap, WeakSet, WeakRef];
// The prototype that generators share with iterators such as list.values().
const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

/** Why an object is not plain data: it is asynchronous, can be read only once, or has a meaning only in this process. */
export function nonDataKind(value: object): string | undefined {
  // `await` treats every object with this method as a promise.
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise: await it first';
  if (isStream(value)) return 'a stream, a generator or an observable';
  const kind = NOT_DATA.find((type) => value instanceof type);
  return kind === undefined ? undefined : `an instance of ${kind.name}`;
}

/**
 * Whether an object is a stream, an iterator or an observable. Entities may have methods such as `next`, `pipe` and
 * `subscribe` too, so a method name alone does not decide.
 */
function isStream(value: object): boolean {
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
