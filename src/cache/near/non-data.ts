import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { isObservable } from 'rxjs';

const NOT_DATA = [Error, RegExp, WeakMap, WeakSet, WeakRef];
// What list.values() and its kin share with generators.
const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

/** Why an object is not data: it comes later, can be read only once, or has a meaning in this process alone. */
export function nonDataKind(value: object): string | undefined {
  // `await` takes whatever has this method for a promise.
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise: await it first';
  if (isStream(value)) return 'a stream, a generator or an observable';
  const kind = NOT_DATA.find((type) => value instanceof type);
  return kind === undefined ? undefined : `an instance of ${kind.name}`;
}

/**
 * Whether an object is a stream, an iterator or an observable. Entities have methods such as `next`, `pipe` and
 * `subscribe`, too, so that no name of a method alone decides.
 */
function isStream(value: object): boolean {
  return (
    // Readable streams of Node.js and of the web, async generators, cursors of databases.
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
