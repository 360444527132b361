/** The compiler's verdict on a decorator of a method: no error, or an error on its line. */
export type MethodCase = readonly [decorator: string, method: string, verdict: 'compiles' | 'refused'];

export const METHOD_CASES: Readonly<Record<string, readonly MethodCase[]>> = {
  'a cached method returns a promise of a value': [
    ['Cacheable()', 'm(id: number): Promise<string> { return any(); }', 'compiles'],
    ['Cacheable()', 'async m(id?: number, page = 5) { return { id, page }; }', 'compiles'],
    ['Cacheable()', 'm(): Promise<string | undefined> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(): Promise<null> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(): Promise<unknown> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(): PromiseLike<string> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(): Promise<string> | Promise<number> { return any(); }', 'compiles'],
    ['Cacheable()', 'm<X extends string>(x: X): Promise<X> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(...ids: number[]): Promise<number[]> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(this: Products, id: number): Promise<number> { return any(); }', 'compiles'],
    ['Cacheable()', 'private m(id: number): Promise<number> { return any(); }', 'compiles'],
    ['Cacheable()', 'm(): string { return any(); }', 'refused'],
    ['Cacheable()', 'm(): unknown { return any(); }', 'refused'],
    ['Cacheable()', 'm(): never { return any(); }', 'refused'],
    ['Cacheable()', 'm(): Promise<string> | string { return any(); }', 'refused'],
    ['Cacheable()', 'm(): Observable<string> { return any(); }', 'refused'],
    ['Cacheable()', 'm(): QueryBuilder { return any(); }', 'refused'],
    ['Cacheable()', 'm(): Promise<void> { return any(); }', 'refused'],
    ['Cacheable()', 'm(): Promise<undefined> { return any(); }', 'refused'],
    ['Cacheable()', 'async m() {}', 'refused'],
    ['Cacheable()', '*m() { yield 1; }', 'refused'],
    ['Cacheable()', 'async *m() { yield 1; }', 'refused'],
  ],
  'only methods of instances are cached': [
    ['Cacheable()', 'static m(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable()', 'get m(): Promise<string> { return any(); }', 'refused'],
    ['Cacheable()', 'm = async (id: number) => id;', 'refused'],
    ['Cacheable()', '[Symbol.search](): Promise<string> { return any(); }', 'refused'],
    ['CacheEvict({ tags: [] })', 'static m(): Promise<string> { return any(); }', 'refused'],
    ['CacheEvict({ tags: [] })', 'm = async (id: number) => id;', 'refused'],
  ],
  'key and tags have the parameters of the method': [
    [
      'Cacheable({ key: (id) => id.toFixed() })',
      'm(id: number): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ key: (id: number) => id })',
      'm(id: number, x: string): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ key: () => [] })',
      'm(id: number, x: string): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ key: ({ id }, ...more) => [id, more.length] })',
      'm(x: { id: number }, ...y: string[]): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ key: (filter) => [filter] })',
      'm(filter: Filter): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ tags: ["a"], ttlSeconds: 5, lock: true })',
      'm(id: number): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ ttlSeconds: (value) => value.length })',
      'm(): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ ttlSeconds: (value) => value.missing })',
      'm(): Promise<string> { return any(); }',
      'refused',
    ],
    [
      'Cacheable({ tags: (id) => [`p:${id.toFixed()}`] })',
      'm(id: number): Promise<string> { return any(); }',
      'compiles',
    ],
    [
      'Cacheable({ instanceKey: (self) => self.tenant })',
      'm(id: number): Promise<string> { return any(); }',
      'compiles',
    ],
    ['Cacheable({ key: (id: string) => id })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ key: (id) => id.missing })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ key: (id, x) => [id, x] })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ key: async (id) => id })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    [
      'Cacheable({ key: (filter) => filter })',
      'm(filter: Filter): Promise<string> { return any(); }',
      'refused',
    ],
    ['Cacheable({ tags: (id) => [id] })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ tags: "a" })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    [
      'Cacheable({ instanceKey: (self) => self.missing })',
      'm(id: number): Promise<string> { return any(); }',
      'refused',
    ],
    ['Cacheable({ instanceKey: () => undefined })', 'm(): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ ttl: 5 })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
    ['Cacheable({ ttlSeconds: "5" })', 'm(id: number): Promise<string> { return any(); }', 'refused'],
  ],
  'an eviction names a method of the class, and has its arguments': [
    [
      'CacheEvict({ method: "one", key: (id) => id })',
      'm(id: number, data: object): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "one", key: (id, data) => [data.id] })',
      'm(id: string, data: { id: number }): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "one", key: (id: number) => id })',
      'm(id: number, data: object): Promise<void> { return any(); }',
      'compiles',
    ],
    ['CacheEvict({ method: "one" })', 'm(id: number): Promise<void> { return any(); }', 'compiles'],
    ['CacheEvict({ method: "one", tags: ["a"] })', 'async m(id: number) {}', 'compiles'],
    [
      'CacheEvict({ method: "two", key: (id, data) => [id, data.x] })',
      'm(id: number, data: { x: string }): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "optional", key: (id) => id })',
      'm(id: number, x: object): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "optional", key: (id, x) => [id, x] })',
      'm(id: number, x: string): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "none", key: () => [] })',
      'm(id: number, x: object): Promise<void> { return any(); }',
      'compiles',
    ],
    [
      'CacheEvict({ method: "list", key: (ids) => [ids] })',
      'm(ids: number[], x: object): Promise<void> { return any(); }',
      'compiles',
    ],
    ['CacheEvict({ tags: ["a"] })', 'm(id: number): Promise<void> { return any(); }', 'compiles'],
    [
      'CacheEvict({ tags: (id) => [id.toFixed()] })',
      'm(id: number): Promise<void> { return any(); }',
      'compiles',
    ],
    ['CacheEvict({ method: "missing" })', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    ['CacheEvict({ method: "tenant" })', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    [
      'CacheEvict({ method: "one" })',
      'm(id: number, data: object): Promise<void> { return any(); }',
      'refused',
    ],
    ['CacheEvict({ method: "one" })', 'm(id: string): Promise<void> { return any(); }', 'refused'],
    [
      'CacheEvict({ method: "one", key: (id) => id })',
      'm(id: string): Promise<void> { return any(); }',
      'refused',
    ],
    [
      'CacheEvict({ method: "one", key: () => [] })',
      'm(id: number): Promise<void> { return any(); }',
      'refused',
    ],
    [
      'CacheEvict({ method: "one", key: (id) => [id, id] })',
      'm(id: number): Promise<void> { return any(); }',
      'refused',
    ],
    [
      'CacheEvict({ method: "two", key: (id) => id })',
      'm(id: number): Promise<void> { return any(); }',
      'refused',
    ],
    [
      'CacheEvict({ method: "list", key: (ids) => ids })',
      'm(ids: number[]): Promise<void> { return any(); }',
      'refused',
    ],
    [
      'CacheEvict({ method: "one", key: async (id) => id })',
      'm(id: number): Promise<void> { return any(); }',
      'refused',
    ],
    ['CacheEvict({ tags: (id) => [id] })', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    ['CacheEvict({ key: (id) => id })', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    ['CacheEvict({})', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    ['CacheEvict()', 'm(id: number): Promise<void> { return any(); }', 'refused'],
    ['CacheEvict({ tags: ["a"] })', 'm(id: number): void {}', 'refused'],
    ['CacheEvict({ tags: ["a"] })', 'm(id: number): Observable<void> { return any(); }', 'refused'],
  ],
};

export const methodSource = ([decorator, method]: MethodCase): string => `
import { Cacheable, CacheEvict } from 'nestjs-production-config';
import type { Observable } from 'rxjs';
interface Filter { readonly name: string }
interface QueryBuilder extends Promise<string[]> { where(filter: Filter): this }
declare function any(): never;
export class Products {
  private readonly tenant = 'a';
  one(id: number): Promise<string> { return any(); }
  two(id: number, x: string): Promise<string> { return any(); }
  optional(id: number, x?: string): Promise<string> { return any(); }
  none(): Promise<string> { return any(); }
  list(ids: number[]): Promise<string> { return any(); }
  @${decorator}
  ${method}
}
`;
