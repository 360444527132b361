import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type Provider,
  Scope,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef, REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { from } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Cacheable,
  CacheArgumentError,
  CacheEvict,
  CacheMethodError,
  CacheMetrics,
  ConfigDefinitionError,
  LoadingCache,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

interface Parts {
  readonly providers?: readonly Provider[];
  readonly controllers?: readonly Type[];
  readonly imports?: readonly Type[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An application with these parts. It closes when the test ends. */
async function start({ providers = [], controllers = [], imports = [], env = {} }: Parts) {
  const logger = new RecordingLogger();
  const app: TestingModule = await Test.createTestingModule({
    imports: [
      ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY, ...env } }),
      ...imports,
    ],
    providers: [...providers],
    controllers: [...controllers],
  })
    .setLogger(logger)
    .compile();
  onTestFinished(() => app.close());
  await app.init();
  return { app, logger };
}

/** Starts an application that is not used: a failed assertion would print all of it. */
async function startOnly(parts: Parts): Promise<void> {
  await start(parts);
}

async function provide<T>(type: Type<T>): Promise<T> {
  const { app } = await start({ providers: [type] });
  return app.get(type);
}

/** The error of a call. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

/** Counts the runs of its methods. */
@Injectable()
class Products {
  runs = 0;

  @Cacheable()
  async find(id: number | string, options?: object): Promise<object> {
    this.runs++;
    await delay(1);
    return { id, options, run: this.runs };
  }

  @Cacheable()
  async absent(kind: 'null' | 'undefined'): Promise<null | undefined> {
    this.runs++;
    return kind === 'null' ? null : undefined;
  }

  async findAll(ids: readonly number[]) {
    return Promise.all(ids.map((id) => this.find(id)));
  }

  @CacheEvict({ method: 'find', key: (id) => id })
  async rename(_id: number, name: string): Promise<string> {
    if (name === '') throw new Error('the name is empty');
    return name;
  }
}

describe('@Cacheable()', () => {
  it('runs a method once for equal arguments, also if they are passed at the same time', async () => {
    const products = await provide(Products);
    const [first, second] = await Promise.all([products.find(1), products.find(1)]);
    expect(first).toEqual({ id: 1, run: 1 });
    expect(second).toEqual(first);
    expect(await products.find(1)).toEqual(first);
    expect(await products.find(2)).toEqual({ id: 2, run: 2 });
    expect(await products.find('1')).toEqual({ id: '1', run: 3 });
    expect(await products.find(1, { all: true })).toEqual({ id: 1, options: { all: true }, run: 4 });
    expect(products.runs).toBe(4);
  });

  it('returns frozen copies, caches null and does not cache undefined', async () => {
    const products = await provide(Products);
    expect(Object.isFrozen(await products.find(1))).toBe(true);
    for (const kind of ['null', 'null', 'undefined', 'undefined'] as const) await products.absent(kind);
    expect(products.runs).toBe(1 + 1 + 2);
  });

  it('caches the calls of other methods of the instance', async () => {
    const products = await provide(Products);
    await products.findAll([1, 2, 1]);
    expect(products.runs).toBe(2);
  });

  it('counts loads and hits in the metrics of the application', async () => {
    const { app } = await start({ providers: [Products] });
    for (let call = 0; call < 3; call++) await app.get(Products).find(1);
    expect(app.get(CacheMetrics).snapshot()).toMatchObject({ loads: 1, hits: 2, misses: 1, entries: 1 });
  });

  it('passes errors of the method on, and runs it again', async () => {
    @Injectable()
    class Failing {
      runs = 0;

      @Cacheable()
      async find(): Promise<number> {
        if (++this.runs < 3) throw new Error(`failure ${this.runs}`);
        return this.runs;
      }
    }
    const failing = await provide(Failing);
    await expect(failing.find()).rejects.toThrow('failure 1');
    await expect(failing.find()).rejects.toThrow('failure 2');
    expect(await failing.find()).toBe(3);
    expect(await failing.find()).toBe(3);
  });

  it('has the options of LoadingCache', async () => {
    @Injectable()
    class Prices {
      runs = 0;

      @Cacheable({ ttlSeconds: 0.02, graceSeconds: 60 })
      async find(): Promise<number> {
        if (++this.runs > 1) throw new Error('the source is down');
        return 5;
      }

      @Cacheable({ timeoutMs: 1 })
      slow(): Promise<number> {
        return new Promise(() => undefined);
      }
    }
    const prices = await provide(Prices);
    expect(await prices.find()).toBe(5);
    await delay(30);
    expect(await prices.find()).toBe(5);
    expect(prices.runs).toBe(2);
    await expect(prices.slow()).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_TIMEOUT' });
  });
});

describe('the cache of an instance', () => {
  it('is that of its application, if a process has several', async () => {
    const [one, other] = [await start({ providers: [Products] }), await start({ providers: [Products] })];
    await one.app.get(Products).find(1);
    await other.app.get(Products).find(1);
    await one.app.get(Products).find(1);
    expect(one.app.get(Products).runs).toBe(1);
    expect(other.app.get(Products).runs).toBe(1);
    await one.app.get(LoadingCache).delete('Products.find(1)');
    await Promise.all([one, other].map(({ app }) => app.get(Products).find(1)));
    expect(one.app.get(Products).runs).toBe(2);
    expect(other.app.get(Products).runs).toBe(1);
  });

  const created: readonly (readonly [how: string, provider: Provider])[] = [
    ['a class', Products],
    ['useClass', { provide: Products, useClass: Products }],
    ['useFactory', { provide: Products, useFactory: () => new Products() }],
    ['an asynchronous useFactory', { provide: Products, useFactory: async () => new Products() }],
    ['useValue', { provide: Products, useValue: new Products() }],
    ['a transient provider', { provide: Products, useClass: Products, scope: Scope.TRANSIENT }],
  ];
  it.each(created)('is there if the provider is %s', async (_how, provider) => {
    const { app, logger } = await start({ providers: [provider] });
    const products = await app.resolve<Products>(Products).catch(() => app.get(Products));
    const runs = products.runs;
    await products.find(1);
    await products.find(1);
    expect(products.runs).toBe(runs + 1);
    expect(logger.of('warn')).toEqual([]);
  });

  it('is there if ModuleRef creates the instance', async () => {
    const { app } = await start({});
    const products = await app.get(ModuleRef).create(Products);
    await products.find(1);
    await products.find(1);
    expect(products.runs).toBe(1);
  });

  it('is there in a lazy-loaded module', async () => {
    @Module({ providers: [Products], exports: [Products] })
    class ProductsModule {}
    const { app } = await start({});
    const products = (await app.get(LazyModuleLoader).load(() => ProductsModule)).get(Products);
    await products.find(1);
    await products.find(1);
    expect(products.runs).toBe(1);
  });

  it('is not a visible property, so that spread, comparisons and JSON do not change', async () => {
    const products = await provide(Products);
    await products.find(1);
    expect(Reflect.ownKeys({ ...products })).toEqual(['runs']);
    expect(products).toStrictEqual(Object.assign(new Products(), { runs: 1 }));
  });

  it('is missing without Nest: methods run as they are written, and a warning says so once if there is an application', async () => {
    const { logger } = await start({ providers: [Products] });
    @Injectable()
    class Uninjected extends Products {}
    const instance = new Uninjected();
    await instance.find(1);
    await instance.find(1);
    await instance.rename(1, 'a');
    expect(instance.runs).toBe(2);
    const unbound = instance.rename;
    expect(await unbound(1, 'a')).toBe('a');
    expect(logger.of('warn')).toEqual([
      expect.stringMatching(/Products\.find\(\) was called on an instance that Nest/),
    ]);
  });

  it('must be importable: without the module, Nest says what is missing', async () => {
    const compiling = Test.createTestingModule({ providers: [Products] })
      .setLogger(new RecordingLogger())
      .compile();
    await expect(compiling).rejects.toThrow(/dependencies of the Products.*LoadingCache/s);
  });
});

describe('request-scoped providers', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Reports {
    constructor(@Inject(REQUEST) private readonly request: { readonly tenant: string }) {}

    @Cacheable({ instanceKey: ({ request }) => request.tenant })
    async total(year: number): Promise<string> {
      runs.push(this.request.tenant);
      return `${this.request.tenant} ${year}`;
    }

    @CacheEvict({ method: 'total' })
    async close(_year: number): Promise<void> {}
  }
  const runs: string[] = [];

  it('share values among the instances that instanceKey does not tell apart', async () => {
    const { app } = await start({ providers: [Reports] });
    const of = async (tenant: string) => {
      const id = ContextIdFactory.create();
      app.registerRequestByContextId({ tenant }, id);
      return app.resolve(Reports, id);
    };
    expect(await (await of('a')).total(2026)).toBe('a 2026');
    expect(await (await of('b')).total(2026)).toBe('b 2026');
    expect(await (await of('a')).total(2026)).toBe('a 2026');
    expect(runs).toEqual(['a', 'b']);
    await (await of('b')).close(2026);
    await Promise.all(['a', 'b'].map(async (tenant) => (await of(tenant)).total(2026)));
    expect(runs).toEqual(['a', 'b', 'b']);
  });

  it('are refused at boot without instanceKey, because users would get the values of others', async () => {
    @Injectable()
    class Accounts {
      constructor(@Inject(Reports) readonly reports: Reports) {}

      @Cacheable()
      async own(): Promise<string> {
        return 'a';
      }
    }
    await expect(startOnly({ providers: [Reports, Accounts] })).rejects.toThrow(
      /Accounts\.own\(\): Accounts or something that it injects is request-scoped.*instanceKey/,
    );
  });
});

describe('inheritance', () => {
  @Injectable()
  abstract class Repository {
    readonly runs: string[] = [];
    abstract readonly table: string;

    @Cacheable()
    async find(id: number): Promise<string> {
      this.runs.push('base');
      return `${this.table} ${id}`;
    }

    @CacheEvict({ method: 'find' })
    async remove(_id: number): Promise<void> {}
  }

  @Injectable()
  class Users extends Repository {
    readonly table = 'users';
  }

  @Injectable()
  class Orders extends Repository {
    readonly table = 'orders';

    @Cacheable()
    override async find(id: number): Promise<string> {
      this.runs.push('derived');
      return `the ${await super.find(id)}`;
    }
  }

  it('keys name the class of the instance, and tell a method from the one that it overrides', async () => {
    const { app } = await start({ providers: [Users, Orders] });
    const [users, orders] = [app.get(Users), app.get(Orders)];
    for (let call = 0; call < 2; call++) {
      expect(await users.find(1)).toBe('users 1');
      expect(await orders.find(1)).toBe('the orders 1');
    }
    expect(users.runs).toEqual(['base']);
    expect(orders.runs).toEqual(['derived', 'base']);
  });

  it('an eviction removes what the overridden method has cached, too', async () => {
    const { app } = await start({ providers: [Users, Orders] });
    const [users, orders] = [app.get(Users), app.get(Orders)];
    await users.find(1);
    await orders.find(1);
    await orders.remove(1);
    await orders.find(1);
    await users.find(1);
    expect(orders.runs).toEqual(['derived', 'base', 'derived', 'base']);
    expect(users.runs).toEqual(['base']);
  });
});

describe('@CacheEvict()', () => {
  it('removes the value once the method has succeeded', async () => {
    const products = await provide(Products);
    await products.find(1);
    await products.find(2);
    expect(await products.rename(1, 'a')).toBe('a');
    await products.find(1);
    await products.find(2);
    expect(products.runs).toBe(3);
  });

  it('removes nothing if the method fails', async () => {
    const products = await provide(Products);
    await products.find(1);
    await expect(products.rename(1, '')).rejects.toThrow('the name is empty');
    await products.find(1);
    expect(products.runs).toBe(1);
  });

  it('does not let a load that began before keep the old value', async () => {
    @Injectable()
    class Names {
      name = 'old';
      private readonly waiting: (() => void)[] = [];

      @Cacheable()
      async find(): Promise<string> {
        const { name } = this;
        if (name === 'old') await new Promise<void>((resolve) => this.waiting.push(resolve));
        return name;
      }

      @CacheEvict({ method: 'find' })
      async rename(): Promise<void> {
        this.name = 'new';
      }

      answer(): void {
        for (const resolve of this.waiting) resolve();
      }
    }
    const names = await provide(Names);
    const before = names.find();
    await names.rename();
    const after = names.find();
    names.answer();
    expect([await before, await after, await names.find()]).toEqual(['old', 'new', 'new']);
  });

  it('removes values by tags, also of other classes, and can be repeated', async () => {
    @Injectable()
    class Shop {
      runs: string[] = [];

      @Cacheable({ tags: (id) => ['products', `product:${id}`] })
      async find(id: number): Promise<number> {
        this.runs.push(`find ${id}`);
        return id;
      }

      @Cacheable({ tags: ['products'] })
      async list(): Promise<number[]> {
        this.runs.push('list');
        return [1, 2];
      }

      @Cacheable()
      async count(kind: string): Promise<number> {
        this.runs.push(`count ${kind}`);
        return 2;
      }

      async all(): Promise<string[]> {
        this.runs = [];
        await this.find(1);
        await this.find(2);
        await this.list();
        await this.count('a');
        await this.count('b');
        return this.runs;
      }
    }
    @Injectable()
    class Admin {
      @CacheEvict({ tags: (id: number) => [`product:${id}`] })
      async change(_id: number): Promise<void> {}

      @CacheEvict({ tags: ['products'] })
      async import(): Promise<void> {}
    }
    @Injectable()
    class CountingAdmin extends Shop {
      @CacheEvict({ method: 'count', key: () => 'a' })
      @CacheEvict({ tags: ['products'], method: 'count', key: (kind) => [kind] })
      async reset(_kind: string): Promise<void> {}
    }
    const { app } = await start({ providers: [Shop, Admin, CountingAdmin] });
    const [shop, admin, counting] = [app.get(Shop), app.get(Admin), app.get(CountingAdmin)];
    const all = ['find 1', 'find 2', 'list', 'count a', 'count b'];
    expect(await shop.all()).toEqual(all);
    expect(await shop.all()).toEqual([]);
    await admin.change(2);
    expect(await shop.all()).toEqual(['find 2']);
    await admin.import();
    expect(await shop.all()).toEqual(['find 1', 'find 2', 'list']);
    expect(await counting.all()).toEqual(all);
    await counting.reset('b');
    expect(await counting.all()).toEqual(all);
  });

  it('uses the key of the method that it names', async () => {
    @Injectable()
    class Search {
      runs = 0;

      @Cacheable({ key: ({ term }) => term.toLowerCase() })
      async find({ term }: { readonly term: string; readonly trace?: object }): Promise<string> {
        this.runs++;
        return term;
      }

      @CacheEvict({ method: 'find', key: (term) => [{ term }] })
      async forget(_term: string): Promise<void> {}
    }
    const search = await provide(Search);
    expect(await search.find({ term: 'Tea' })).toBe('Tea');
    expect(await search.find({ term: 'tea', trace: search })).toBe('Tea');
    await search.forget('TEA');
    expect(await search.find({ term: 'tea' })).toBe('tea');
  });

  it('reads keys and tags before the method runs, and rejects invalid ones', async () => {
    @Injectable()
    class Files {
      removed = 0;

      @Cacheable()
      async find(name: unknown): Promise<string> {
        return String(name);
      }

      @CacheEvict({ method: 'find' })
      async remove(_name: unknown): Promise<void> {
        this.removed++;
      }

      @Cacheable({ tags: ['list'] })
      async list(): Promise<number> {
        return this.removed;
      }

      @CacheEvict({ tags: (tags) => tags })
      async removeTags(tags: string[]): Promise<void> {
        this.removed += tags.splice(0).length;
      }

      @CacheEvict({ tags: (tag) => [tag] })
      async removeTag(_tag: string): Promise<void> {
        this.removed++;
      }
    }
    const files = await provide(Files);
    await expect(files.removeTag('')).rejects.toMatchObject({ code: 'ERR_CACHE_TAG' });
    await expect(files.remove(new Map())).rejects.toMatchObject({ code: 'ERR_CACHE_METHOD_KEY' });
    expect(files.removed).toBe(0);
    expect(await files.list()).toBe(0);
    await files.removeTags(['list']);
    expect(await files.list()).toBe(1);
  });
});

describe('other decorators of a method', () => {
  it('keep their metadata, whether they are above or below', async () => {
    @Injectable()
    class Jobs {
      @SetMetadata('above', 1)
      @Cacheable()
      @SetMetadata('below', 2)
      async run(_name: string, _times: number): Promise<number> {
        return 1;
      }

      @SetMetadata('above', 1)
      @CacheEvict({ tags: ['jobs'] })
      @SetMetadata('below', 2)
      async stop(_name: string): Promise<void> {}
    }
    for (const [name, length] of [
      ['run', 2],
      ['stop', 1],
    ] as const) {
      const method = Jobs.prototype[name];
      expect([method.name, method.length]).toEqual([name, length]);
      expect(Reflect.getMetadata('above', method)).toBe(1);
      expect(Reflect.getMetadata('below', method)).toBe(2);
    }
  });
});

describe('the key of a call', () => {
  @Injectable()
  class Echo {
    runs = 0;

    @Cacheable()
    async of(...args: unknown[]): Promise<number> {
      void args;
      return ++this.runs;
    }
  }

  const leaf = () =>
    fc.oneof(
      fc.constantFrom(undefined, null, true, false, 0, -0, 1, NaN, Infinity, -Infinity, 1n, -1n, 0n),
      fc.constantFrom(
        '',
        '1',
        '1n',
        'null',
        'undefined',
        'NaN',
        'Date(1)',
        ',',
        '"',
        '\\',
        '[]',
        '{}',
        '(',
        ')',
        '#',
      ),
      fc.constantFrom('\ud800', '\udc00', '\ufffd', '\\ud800', '\u0000', '__proto__'),
      fc.constantFrom(new Date(1), new Date(NaN), new Date(0)),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.integer({ min: -2, max: 2 }),
    );
  const names = () =>
    fc.constantFrom('a', 'b', 'a,b', '"a"', '__proto__', '0', '10', '2', 'constructor', '\ud800');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(names(), tie('value')), { maxLength: 3 })
        // Unlike an assignment, it makes an own property of __proto__.
        .map((entries) => Object.fromEntries(entries)),
    ),
  }));
  const withoutEnd = (args: readonly unknown[]) =>
    args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);

  it('is the same for two calls if, and only if, their arguments are equal', async () => {
    const echo = await provide(Echo);
    const property = fc.asyncProperty(
      fc.array(value, { maxLength: 3 }),
      fc.array(value, { maxLength: 3 }),
      async (one, other) => {
        const isSame = (await echo.of(...one)) === (await echo.of(...other));
        expect(isSame).toBe(isDeepStrictEqual(withoutEnd(one), withoutEnd(other)));
      },
    );
    await fc.assert(property, { numRuns: 1_000 });
  });

  it('tells values apart that look alike', async () => {
    const echo = await provide(Echo);
    const texts = [
      '',
      '1',
      '1n',
      '-0',
      '0',
      'null',
      'undefined',
      'NaN',
      'true',
      'Date(1)',
      '"',
      '\\',
      '[]',
      '{}',
    ];
    const surrogates = ['\ud800', '\udc00', '\ufffd', '\\ud800', '"\\ud800"'];
    const scalars = [null, true, false, 0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 0n, 1n, -1n];
    const dates = [new Date(0), new Date(1), new Date(NaN)];
    const parts = [
      ...texts,
      ...surrogates,
      ...scalars,
      ...dates,
      [],
      {},
      [1, 2],
      ['1,2'],
      [[1], 2],
      ['1', '2'],
    ];
    const objects = [
      { a: undefined },
      { a: null },
      { 'a":1,"b': 1 },
      { a: 1, b: 1 },
      { 0: 1 },
      { a: {} },
      { a: [] },
    ];
    const own = JSON.parse('{"__proto__":1}') as unknown;
    const calls: unknown[][] = [...parts, ...objects, own].flatMap((part) => [
      [part],
      [[part]],
      [undefined, part],
      [part, part],
      [{ part }],
    ]);
    for (const repeated of [false, true]) {
      for (const [index, args] of calls.entries())
        expect([args, await echo.of(...args)]).toEqual([args, index + 1]);
      expect([repeated, echo.runs]).toEqual([repeated, calls.length]);
    }
  });

  it('does not depend on the order of properties, and is the same for a copy', async () => {
    const echo = await provide(Echo);
    const property = fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (args) => {
      const reversed = (part: unknown): unknown => {
        if (Array.isArray(part)) return part.map(reversed);
        if (part instanceof Date) return new Date(part);
        if (typeof part !== 'object' || part === null) return part;
        return Object.fromEntries(
          Object.entries(part)
            .toReversed()
            .map(([name, item]) => [name, reversed(item)]),
        );
      };
      expect(await echo.of(...args.map(reversed), undefined)).toBe(await echo.of(...args));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('differs for long arguments that differ anywhere, and remains short', async () => {
    const { app } = await start({ providers: [Echo] });
    const echo = app.get(Echo);
    const long = 'x'.repeat(100_000);
    const ids = [...'ab'].flatMap((end) => [`${long}${end}`, `${end}${long}`]);
    for (const args of [...ids.map((id) => [id]), ids, [ids]]) await echo.of(...args);
    expect(echo.runs).toBe(6);
    expect(app.get(CacheMetrics).snapshot().bytes).toBeLessThan(5_000);
    await echo.of(...ids);
    expect(echo.runs).toBe(6);
  });

  it('is written for people if it is short', async () => {
    const { app } = await start({ providers: [Products] });
    await app.get(Products).find('a"b', { limit: 5, after: null });
    expect(
      await app.get(LoadingCache).get('Products.find("a\\"b",{"after":null,"limit":5})', () => 0),
    ).toMatchObject({
      id: 'a"b',
    });
  });

  class Money {
    constructor(readonly secret: string) {}
  }
  const circular: Record<string, unknown> = {};
  Object.assign(circular, { one: circular, two: circular });
  const unsupported: readonly (readonly [kind: string, value: unknown])[] = [
    ['a function', () => 'hunter2'],
    ['a symbol', Symbol('hunter2')],
    ['an instance of Money', new Money('hunter2')],
    ['an instance of Map', new Map([['hunter2', 1]])],
    ['an instance of Set', new Set(['hunter2'])],
    ['an instance of Buffer', Buffer.from('hunter2')],
    ['an instance of URL', new URL('https://hunter2.example')],
    ['an instance of RegExp', /hunter2/],
    ['an instance of Promise', Promise.resolve('hunter2')],
    ['an instance of String', Object('hunter2')],
    ['an instance of Amounts', new (class Amounts extends Array<string> {})('hunter2', 'x')],
    ['an instance of Day', new (class Day extends Date {})(1)],
    ['an object with symbols as keys', { [Symbol('hunter2')]: 1 }],
    ['an array with holes or with other properties', Array<string>(1_000_000_000)],
    ['an array with holes or with other properties', /h(.)/.exec('hunter2')],
    ['nested deeper than 32 levels', circular],
    ['longer than 1000000 characters', 'hunter2'.repeat(200_000)],
  ];
  it('cannot have parts that are not plain data: an error names the argument, and shows nothing of it', async () => {
    const echo = await provide(Echo);
    for (const [kind, part] of unsupported) {
      for (const wrapped of [part, [part], { hunter2: part }]) {
        const error = await errorOf(() => echo.of(1, wrapped));
        expect(error).toBeInstanceOf(CacheMethodError);
        expect(error).toMatchObject({
          code: 'ERR_CACHE_METHOD_KEY',
          message: `Echo.of(): argument 2 cannot be part of a cache key, because it is ${kind}: add key to @Cacheable(), a function that returns what identifies the value`,
        });
        expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('hunter2');
      }
    }
    expect(echo.runs).toBe(0);
  });

  it('takes a bounded time, also for an object with parts that repeat', async () => {
    const echo = await provide(Echo);
    let doubled: unknown = 'x';
    for (let level = 0; level < 30; level++) doubled = [doubled, doubled];
    await expect(echo.of(doubled)).rejects.toThrow('longer than 1000000 characters');
  });
});

describe('key and instanceKey', () => {
  it('replace the arguments, and are checked like them', async () => {
    @Injectable()
    class Orders {
      // Strict types say that it is there.
      readonly tenant!: string;

      @Cacheable({ key: (order) => [order as unknown] })
      async total(order: Map<string, number>): Promise<number> {
        return order.size;
      }

      @Cacheable({ instanceKey: () => [1, Symbol('x')] })
      async count(): Promise<number> {
        return 1;
      }

      @Cacheable({ instanceKey: ({ tenant }) => tenant })
      async ofTenant(): Promise<number> {
        return 1;
      }

      @Cacheable({
        key: () => {
          throw new Error('no key');
        },
      })
      async none(): Promise<number> {
        return 1;
      }
    }
    const orders = await provide(Orders);
    await expect(orders.total(new Map())).rejects.toThrow(
      /^Orders\.total\(\): value 1 of what key\(\) returned cannot be part of a cache key, because it is an instance of Map/,
    );
    await expect(orders.count()).rejects.toThrow(
      /^Orders\.count\(\): value 2 of what instanceKey\(\) returned/,
    );
    await expect(orders.ofTenant()).rejects.toThrow(
      /^Orders\.ofTenant\(\): value 1 of what instanceKey\(\) returned .* because it is undefined/,
    );
    await expect(orders.none()).rejects.toThrow('no key');
  });

  it('the names of classes that a decorator has replaced are those of the classes that they extend', async () => {
    const replaced = (type: Type) => class extends type {} as never;
    @replaced
    @Injectable()
    class Users {
      @Cacheable()
      async find(id: number): Promise<number> {
        return id;
      }
    }
    const { app } = await start({ providers: [Users] });
    expect(await app.get(Users).find(1)).toBe(1);
    expect(await app.get(LoadingCache).get('Users/Users.find(1)', () => 0)).toBe(1);
  });

  it('name replaces class and method', async () => {
    @Injectable()
    class A {
      @Cacheable({ name: 'prices' })
      async find(id: number): Promise<number> {
        return id;
      }
    }
    const { app } = await start({ providers: [A] });
    await app.get(A).find(1);
    expect(await app.get(LoadingCache).get('prices(1)', () => 0)).toBe(1);
  });
});

describe('a method without a promise', () => {
  it('is refused at the first call, if the compiler did not', async () => {
    const asynchronous = (result: unknown) => result as Promise<unknown>;
    @Injectable()
    class Wrong {
      @Cacheable()
      value() {
        return asynchronous(1);
      }

      @Cacheable()
      stream() {
        return asynchronous(from([1]));
      }

      @CacheEvict({ tags: ['a'] })
      evict() {
        return asynchronous(from([1]));
      }
    }
    const wrong = await provide(Wrong);
    for (const name of ['value', 'stream', 'evict'] as const) {
      const error = await errorOf(() => wrong[name]());
      expect(error).toBeInstanceOf(CacheMethodError);
      expect(error).toMatchObject({
        code: 'ERR_CACHE_METHOD_RESULT',
        message: `Wrong.${name}() must return a promise, because the cache is asynchronous: make it async`,
      });
    }
  });
});

describe('wrong uses that the application does not start with', () => {
  const find = async () => 1;
  /** A class of this name with a cached method. */
  function classNamed(name: string, options = {}): Type {
    @Injectable()
    class Named {
      @Cacheable(options)
      find(): Promise<number> {
        return find();
      }
    }
    Object.defineProperty(Named, 'name', { value: name });
    return Named;
  }

  it('two classes of one name, unless one has another name for its keys', async () => {
    const [one, other] = [classNamed('Users'), classNamed('Users')];
    await expect(startOnly({ providers: [one, other] })).rejects.toThrow(
      new ConfigDefinitionError(
        'Users.find() and Users.find() are of different classes or methods, but their cache keys would both begin with ' +
          'Users.find: rename a class, or add name to one @Cacheable()',
      ),
    );
    await start({ providers: [one, classNamed('Users', { name: 'users' })] });
    await expect(
      startOnly({ providers: [one, classNamed('People', { name: 'Users.find' })] }),
    ).rejects.toThrow(ConfigDefinitionError);
  });

  it('two classes of one name, at the first call if one is in a lazy-loaded module', async () => {
    const [one, other] = [classNamed('Users'), classNamed('Users')];
    @Module({ providers: [other] })
    class LazyModule {}
    const { app } = await start({ providers: [one] });
    const lazy = (await app.get(LazyModuleLoader).load(() => LazyModule)).get<{ find: typeof find }>(other);
    await expect(lazy.find()).rejects.toThrow(ConfigDefinitionError);
    await expect(lazy.find()).rejects.toThrow(ConfigDefinitionError);
    expect(await app.get<{ find: typeof find }>(one).find()).toBe(1);
  });

  it('a class without a name, or with a name that cannot begin a key', async () => {
    for (const name of ['', 'a(b', 'a#b', 'x'.repeat(300)]) {
      await expect(startOnly({ providers: [classNamed(name)] })).rejects.toThrow(
        /has no name that can begin a cache key/,
      );
      await start({ providers: [classNamed(name, { name: 'users' })] });
    }
  });

  it('a class name that looks minified, if processes share the cache', async () => {
    const env = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'test' };
    await expect(startOnly({ providers: [classNamed('aB')], env })).rejects.toThrow(/aB looks minified/);
    await start({ providers: [classNamed('aB')] });
    await start({ providers: [classNamed('aB', { name: 'users' })], env });
  });

  it('a route', async () => {
    @Controller()
    class ProductsController {
      @Get()
      @Cacheable()
      list(): Promise<number> {
        return find();
      }
    }
    await expect(startOnly({ controllers: [ProductsController] })).rejects.toThrow(
      /^ProductsController\.list\(\) is a route.*HttpCacheInterceptor/,
    );
  });

  it('an eviction that names a method which is not cached', async () => {
    @Injectable()
    class Orders {
      find(): Promise<number> {
        return find();
      }

      @CacheEvict({ method: 'find' })
      async remove(): Promise<void> {}
    }
    await expect(startOnly({ providers: [Orders] })).rejects.toThrow(
      'Orders.remove(): @CacheEvict() names find(), which has no @Cacheable()',
    );
  });
});

describe('wrong uses that throw when the class is defined', () => {
  const apply = (decorator: unknown, target: object, key: string | symbol) => () => {
    const descriptor = Object.getOwnPropertyDescriptor(target, key);
    (decorator as MethodDecorator)(target, key, descriptor!);
  };
  const symbol = Symbol('find');
  class Wrong {
    static make() {}
    readonly field = 1;
    get value() {
      return 1;
    }
    *rows() {
      yield 1;
    }
    async *stream() {
      yield 1;
    }
    async [symbol]() {}
    async find() {}
  }
  it.each([
    ['a static method', Wrong, 'make', /on Wrong\.make: a static method has no cache/],
    ['an accessor', Wrong.prototype, 'value', /on Wrong\.value: it is not a method/],
    ['a field', Wrong.prototype, 'field', /on Wrong\.field: it is not a method/],
    ['a generator', Wrong.prototype, 'rows', /on Wrong\.rows: a generator cannot be cached/],
    [
      'an asynchronous generator',
      Wrong.prototype,
      'stream',
      /on Wrong\.stream: a generator cannot be cached/,
    ],
    ['a method with a symbol as its name', Wrong.prototype, symbol, /a symbol as its name/],
  ])('%s', (_what, target, key, message) => {
    for (const decorator of [Cacheable(), CacheEvict({ tags: ['a'] })]) {
      const applying = apply(decorator, target, key);
      expect(applying).toThrow(ConfigDefinitionError);
      expect(applying).toThrow(message);
    }
  });

  it('options that have no effect, and decorators that exclude each other', () => {
    const onFind = (...decorators: unknown[]) => {
      class Once {
        async find() {}
      }
      return () => {
        for (const decorator of decorators) apply(decorator, Once.prototype, 'find')();
      };
    };
    expect(onFind(Cacheable({ name: 'a b' }))).toThrow(/name must have 1 to 100 letters/);
    expect(onFind(CacheEvict({} as { tags: string[] }))).toThrow(
      '@CacheEvict() on Once.find needs tags or a method',
    );
    const many = Array.from({ length: 129 }, (_, index) => `${index}`);
    expect(onFind(Cacheable({ tags: many }))).toThrow(CacheArgumentError);
    expect(onFind(CacheEvict({ tags: many }))).not.toThrow();
    for (const tags of [[''], ['x'.repeat(257)], 'text' as never]) {
      expect(onFind(Cacheable({ tags }))).toThrow(CacheArgumentError);
      expect(onFind(CacheEvict({ tags }))).toThrow(CacheArgumentError);
    }
    expect(onFind(Cacheable(), Cacheable())).toThrow('Once.find() has @Cacheable() twice');
    expect(onFind(Cacheable(), CacheEvict({ tags: ['a'] }))).toThrow(
      'has both @Cacheable() and @CacheEvict()',
    );
    expect(onFind(CacheEvict({ tags: ['a'] }), Cacheable())).toThrow(
      'has both @Cacheable() and @CacheEvict()',
    );
  });
});
