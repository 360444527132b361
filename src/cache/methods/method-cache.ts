import { ConfigDefinitionError } from '../../config/index.js';
import type { LoadingCache } from '../loading/loading.cache.js';
import { type CachedMethod, cachedMethodsOf, evictionsOf } from './cached-method.js';
import { shorten } from './key-text.js';

/** Excludes the characters that follow a prefix in a key. */
const PREFIX = /^[\p{ID_Continue}$.:/-]{1,200}$/u;
/** Minifiers give names of one or two letters to other classes in each build. */
const MIN_NAME = 3;

/** The cached methods of a class in one application. */
export class MethodCache {
  private readonly prefixes = new Map<CachedMethod, string>();
  private isChecked = false;

  constructor(
    readonly cache: LoadingCache,
    private readonly type: Function,
    private readonly all: MethodCaches,
  ) {}

  /** @throws CacheMethodError if an argument cannot be part of a key; ConfigDefinitionError if the class has problems */
  keyOf(method: CachedMethod, instance: object, args: readonly unknown[]): string {
    if (!this.isChecked) this.check();
    return `${this.prefixOf(method)}${shorten(method.keyTextOf(instance, args))}`;
  }

  /** The keys under which a method, and those of the same name that it overrides, cache a call. */
  keysOf(method: string, instance: object, args: readonly unknown[]): string[] {
    if (!this.isChecked) this.check();
    return cachedMethodsOf(this.type)
      .filter((cached) => cached.method === method)
      .map((cached) => this.keyOf(cached, instance, args));
  }

  /** Describes what is wrong with the decorators of the class. */
  problems(): string[] {
    const cached = cachedMethodsOf(this.type);
    const unclear = cached.flatMap(
      (method) => this.all.claim(this.prefixOf(method), this.type, method) ?? [],
    );
    const missing = evictionsOf(this.type)
      .filter(({ target }) => !cached.some(({ method }) => method === target))
      .map(({ label, target }) => `${label}(): @CacheEvict() names ${target}(), which has no @Cacheable()`);
    return [...unclear, ...missing, ...this.all.inspect(this.type)];
  }

  private check(): void {
    const problems = this.problems();
    if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
    this.isChecked = true;
  }

  /** Differs for each class of instances, and for a method and the one that it overrides. */
  private prefixOf(method: CachedMethod): string {
    let prefix = this.prefixes.get(method);
    if (prefix === undefined) {
      const name = method.options.name ?? method.label;
      prefix = method.owner === this.type ? name : `${nameOf(this.type)}/${name}`;
      this.prefixes.set(method, prefix);
    }
    return prefix;
  }
}

/** Some class decorators return a subclass without a name. */
function nameOf(type: Function): string {
  const base: unknown = Object.getPrototypeOf(type);
  return type.name === '' && typeof base === 'function' ? nameOf(base) : type.name;
}

interface Claim {
  readonly type: Function;
  readonly method: CachedMethod;
}

const cachesOf = new WeakMap<LoadingCache, MethodCaches>();

/** The classes with cached methods in one application. */
export class MethodCaches {
  /** Describes what only the module knows about a class. */
  inspect: (type: Function) => readonly string[] = () => [];
  /** Other builds of the application use the same cache. */
  isShared = false;
  private readonly byType = new WeakMap<Function, MethodCache>();
  private readonly claims = new Map<string, Claim>();

  private constructor(private readonly cache: LoadingCache) {}

  static of(cache: LoadingCache): MethodCaches {
    let caches = cachesOf.get(cache);
    if (caches === undefined) cachesOf.set(cache, (caches = new MethodCaches(cache)));
    return caches;
  }

  ofType(type: Function): MethodCache {
    let found = this.byType.get(type);
    if (found === undefined) this.byType.set(type, (found = new MethodCache(this.cache, type, this)));
    return found;
  }

  /** Reserves the beginning of keys for a method of a class. Describes why it cannot. */
  claim(prefix: string, type: Function, method: CachedMethod): string | undefined {
    const { label, owner, options } = method;
    const isNamed = options.name !== undefined && owner === type;
    if (!PREFIX.test(prefix) || (!isNamed && nameOf(type) === '')) {
      return `${label}(): its class has no name that can begin a cache key: name the class, or add name to @Cacheable()`;
    }
    if (this.isShared && !isNamed && nameOf(type).length < MIN_NAME) {
      return (
        `${label}(): the class name ${nameOf(type)} looks minified, and another build may give it to another class, whose ` +
        'values this one would read from the shared cache: keep class names in the bundler, or add name to @Cacheable()'
      );
    }
    const other = this.claims.get(prefix);
    if (other === undefined) this.claims.set(prefix, { type, method });
    else if (other.type !== type || other.method !== method) {
      return (
        `${other.method.label}() and ${label}() are of different classes or methods, but their cache keys would both begin ` +
        `with ${prefix}: rename a class, or add name to one @Cacheable()`
      );
    }
    return undefined;
  }
}
