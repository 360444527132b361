import { ConfigDefinitionError } from '../../config/index.js';
import type { LoadingOptions } from '../loading/loading.options.js';
import { CacheMethodError } from './cache-method.error.js';
import { UnsupportedKeyValue, keyTextOf } from './key-text.js';

/** A function of any arguments: the types of the decorators have checked them. */
export type AnyFunction = (...args: readonly unknown[]) => unknown;

/** The options of `@Cacheable()`, without the types of its method. */
export interface MethodOptions extends Omit<LoadingOptions, 'tags' | 'force' | 'ttlSeconds'> {
  readonly name?: string | undefined;
  readonly key?: AnyFunction | undefined;
  readonly instanceKey?: ((instance: never) => unknown) | undefined;
  readonly tags?: readonly string[] | AnyFunction | undefined;
  readonly ttlSeconds?: unknown;
}

/** The options of `@CacheEvict()`, without the types of its method. */
export interface EvictionOptions {
  readonly method?: string | undefined;
  readonly key?: AnyFunction | undefined;
  readonly tags?: readonly string[] | AnyFunction | undefined;
}

/** A method with `@Cacheable()`. */
export class CachedMethod {
  private readonly loading: LoadingOptions;

  constructor(
    /** The class that declares it. */
    readonly owner: Function,
    readonly method: string,
    readonly options: MethodOptions,
  ) {
    const { name: _name, key: _key, instanceKey: _instanceKey, tags, ...loading } = options;
    const fixed = typeof tags === 'function' ? undefined : tags;
    this.loading = { ...(loading as LoadingOptions), ...(fixed && { tags: fixed }) };
  }

  /** The class and the method. A bundler may set the class's name after its decorators have run. */
  get label(): string {
    return `${this.owner.name}.${this.method}`;
  }

  /** The part of the key that identifies the call. */
  keyTextOf(instance: object, args: readonly unknown[]): string {
    const { key, instanceKey } = this.options;
    const text = key === undefined ? this.textOf('argument', args) : this.textOf('key', listOf(key(...args)));
    if (instanceKey === undefined) return `(${text})`;
    return `[${this.textOf('instanceKey', listOf(instanceKey(instance as never)))}](${text})`;
  }

  /** The options of `LoadingCache.get` for a call. */
  loadingOptionsOf(args: readonly unknown[]): LoadingOptions {
    const { tags } = this.options;
    return typeof tags === 'function'
      ? { ...this.loading, tags: tags(...args) as readonly string[] }
      : this.loading;
  }

  private textOf(source: 'argument' | 'key' | 'instanceKey', values: readonly unknown[]): string {
    try {
      // State that is missing by mistake must not make instances share values.
      const missing = source === 'instanceKey' ? values.indexOf(undefined) : -1;
      if (missing >= 0) throw new UnsupportedKeyValue('undefined', missing + 1);
      return keyTextOf(values);
    } catch (error) {
      if (!(error instanceof UnsupportedKeyValue)) throw error;
      const place =
        source === 'argument'
          ? `argument ${error.position}`
          : `value ${error.position} of what ${source}() returned`;
      const remedy =
        source === 'argument'
          ? 'add key to @Cacheable(), a function that returns what identifies the value'
          : 'return strings, numbers or plain data that identify the value';
      throw new CacheMethodError(
        'ERR_CACHE_METHOD_KEY',
        `${this.label}(): ${place} cannot be part of a cache key, because it is ${error.kind}: ${remedy}`,
      );
    }
  }
}

/** The values that a `key` function returned, as a list. */
export function listOf(part: unknown): readonly unknown[] {
  return Array.isArray(part) ? part : [part];
}

interface Marks {
  readonly cached: Map<string, CachedMethod>;
  readonly evicting: Map<string, EvictionOptions[]>;
}

/** The marks of each prototype. Subclasses do not change those of their base. */
const marksOf = new WeakMap<object, Marks>();

/** @throws ConfigDefinitionError if the method has another decorator that excludes this one */
export function markCached(prototype: object, cached: CachedMethod): void {
  const { method, label } = cached;
  const marks = ownMarks(prototype);
  if (marks.cached.has(method))
    throw new ConfigDefinitionError(`${label}() has @Cacheable() twice: remove one`);
  if (marks.evicting.has(method)) throw bothOn(label);
  marks.cached.set(method, cached);
}

/** @throws ConfigDefinitionError if the method has `@Cacheable()` */
export function markEvicting(prototype: object, method: string, options: EvictionOptions): void {
  const marks = ownMarks(prototype);
  if (marks.cached.has(method)) throw bothOn(`${prototype.constructor.name}.${method}`);
  marks.evicting.set(method, [...(marks.evicting.get(method) ?? []), options]);
}

/** The cached methods of a class and those it extends, the most derived ones first. */
export function cachedMethodsOf(type: Function): CachedMethod[] {
  return marksAlong(type).flatMap(({ cached }) => [...cached.values()]);
}

/** The methods that `@CacheEvict()` names, each with the method that has the decorator. */
export function evictionsOf(type: Function): { readonly label: string; readonly target: string }[] {
  return marksAlong(type).flatMap(({ evicting }) =>
    [...evicting].flatMap(([method, all]) =>
      all.flatMap(({ method: target }) =>
        target === undefined ? [] : [{ label: `${type.name}.${method}`, target }],
      ),
    ),
  );
}

function marksAlong(type: Function): Marks[] {
  const found: Marks[] = [];
  for (
    let prototype = type.prototype as object | null;
    prototype !== null && prototype !== undefined;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    const marks = marksOf.get(prototype);
    if (marks !== undefined) found.push(marks);
  }
  return found;
}

function ownMarks(prototype: object): Marks {
  let marks = marksOf.get(prototype);
  if (marks === undefined) marksOf.set(prototype, (marks = { cached: new Map(), evicting: new Map() }));
  return marks;
}

function bothOn(label: string): ConfigDefinitionError {
  return new ConfigDefinitionError(
    `${label}() has both @Cacheable() and @CacheEvict(): move one of them to another method`,
  );
}
