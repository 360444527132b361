import { types } from 'node:util';
import { isThenable } from '../../common/live-values.js';
import { ConfigDefinitionError } from '../../config/index.js';
import { CacheMethodError } from './cache-method.error.js';
import type { AnyFunction } from './cached-method.js';
import { injectCache } from './instance-cache.js';

/** A method that a decorator is applied to. */
export class DecoratedMethod {
  constructor(
    readonly prototype: object,
    readonly method: string,
    readonly original: AnyFunction,
  ) {}

  /** The class and the method, for messages. */
  get label(): string {
    return `${this.prototype.constructor.name}.${this.method}`;
  }
}

/** @throws ConfigDefinitionError unless it is a method of instances that can return a promise */
export function decoratedMethod(
  decorator: string,
  target: object,
  key: unknown,
  descriptor: { readonly value?: unknown } | undefined,
): DecoratedMethod {
  const isStatic = typeof target === 'function';
  const type = isStatic ? target : target.constructor;
  const original = descriptor?.value;
  const refuse = (reason: string) =>
    new ConfigDefinitionError(`${decorator} on ${type.name}.${String(key)}: ${reason}`);
  if (typeof original !== 'function') throw refuse('it is not a method');
  if (isStatic) throw refuse('a static method has no cache: use a method of a provider');
  if (typeof key !== 'string') throw refuse('a method with a symbol as its name has no cache key');
  if (types.isGeneratorFunction(original))
    throw refuse('a generator cannot be cached: return a promise of an array');
  return new DecoratedMethod(target, key, original as AnyFunction);
}

/** Puts a function in the place of a method. Decorators of others, below and above, keep their metadata. */
export function replaceMethod(
  { prototype, original }: DecoratedMethod,
  descriptor: { value?: unknown },
  replacement: (this: unknown, ...args: readonly unknown[]) => unknown,
): void {
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), replacement);
  }
  for (const property of ['name', 'length']) {
    Object.defineProperty(replacement, property, Object.getOwnPropertyDescriptor(original, property)!);
  }
  injectCache(prototype);
  descriptor.value = replacement;
}

/** @throws CacheMethodError if the method does not return a promise */
export function callAsync(
  decorated: DecoratedMethod,
  instance: unknown,
  args: readonly unknown[],
): PromiseLike<unknown> {
  const result = decorated.original.apply(instance, args as unknown[]);
  if (isThenable(result)) return result;
  throw new CacheMethodError(
    'ERR_CACHE_METHOD_RESULT',
    `${decorated.label}() must return a promise, because the cache is asynchronous: make it async`,
  );
}
