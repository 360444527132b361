/** A method of a provider. */
export type Method = (...args: never) => unknown;

/** What a compiler error shows. */
interface Refusal<Reason extends string> {
  readonly refused: Reason;
}

/** The descriptor of a method. Unlike TypedPropertyDescriptor it fits a generic method, too. */
interface MethodDescriptor<F> {
  readonly value?: F;
}

/** A prototype, and not a class, whose methods would be static. */
type Prototype<T> = T & (T extends Function ? Refusal<'a static method has no cache'> : unknown);

type IsAny<T> = 0 extends 1 & T ? true : false;

/** The parts of a union that are more than a promise, such as a query builder. */
type OtherThanPromise<R> = R extends unknown ? (Promise<Awaited<R>> extends R ? never : R) : never;

/** Compiles for a method that returns a promise, and nothing that a promise could not replace. */
type ReturnsPromise<F extends Method, R = ReturnType<F>> =
  IsAny<R> extends true
    ? unknown
    : [R] extends [never]
      ? Refusal<'the method must return a Promise'>
      : [R] extends [PromiseLike<unknown>]
        ? [OtherThanPromise<R>] extends [never]
          ? unknown
          : Refusal<'the method must return a Promise, not a subtype of it'>
        : Refusal<'the method must return a Promise'>;

/** Compiles for a method whose promise has a value. */
type ReturnsValue<F extends Method, V = Awaited<ReturnType<F>>> =
  IsAny<V> extends true ? unknown : [V] extends [void] ? Refusal<'the Promise must have a value'> : unknown;

/** A single value, or a list of values. */
export type KeyPart = string | number | bigint | boolean | null | undefined | Date | readonly unknown[];

type ParametersOf<T, K extends keyof T> = T[K] extends (...args: infer P) => unknown ? Readonly<P> : never;

/** Compiles if these are the arguments of the method K, or its only argument. */
type FitsParameters<T, K extends keyof T, P> = [K] extends [never]
  ? unknown
  : [P extends readonly unknown[] ? P : readonly [P]] extends [ParametersOf<T, K>]
    ? unknown
    : Refusal<'key must return the arguments of the method that it names, or its only argument'>;

/** Fits a method of instances that returns a promise of a value. */
export type CacheableDecorator<T, F extends Method> = (
  target: Prototype<T>,
  key: string,
  descriptor: MethodDescriptor<F> & ReturnsPromise<F> & ReturnsValue<F>,
) => void;

/** Fits a method of instances that returns a promise, and whose `key` returns arguments of the method K. */
export type CacheEvictDecorator<T, F extends Method, K extends keyof T, P> = (
  target: Prototype<T>,
  key: string,
  descriptor: MethodDescriptor<F> & ReturnsPromise<F> & FitsParameters<T, K, P>,
) => void;
