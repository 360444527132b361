import { isStream, isThenable } from '../../common/live-values.js';

const NOT_DATA = [Error, RegExp, WeakMap, WeakSet, WeakRef];

/** Why an object is not plain data: it is asynchronous, can be read only once, or has a meaning only in this process. */
export function nonDataKind(value: object): string | undefined {
  if (isThenable(value)) return 'a promise: await it first';
  if (isStream(value)) return 'a stream, a generator or an observable';
  const kind = NOT_DATA.find((type) => value instanceof type);
  return kind === undefined ? undefined : `an instance of ${kind.name}`;
}
