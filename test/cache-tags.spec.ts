import { Controller, Get, HttpException, Module, Param, Patch, Res, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { first, lastValueFrom, timeout } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CacheArgumentError,
  CachePublic,
  CacheTags,
  HttpCacheInterceptor,
  InvalidatesTags,
  LoadingCache,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { startNode } from './support/cache-node.js';
import { STORES, describeStores } from './support/cache-stores.js';
import { outside, startCached } from './support/cached-app.js';
import { ADAPTERS, type AppParts } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { freePort } from './support/own-server.js';
import { RecordingLogger } from './support/recording-logger.js';
import { until } from './support/stalls.js';
import { tagSuite } from './support/tag-suite.js';

const { memory, Redis } = STORES;

describeStores('tags of a LoadingCache', { memory, Redis }, tagSuite);

describe('tags of a LoadingCache', () => {
  it('are bounded like entries, and the values of an evicted tag are misses', async () => {
    const { loading, metrics } = await startNode({ CACHE_MAX_ENTRIES: '8' });
    let loads = 0;
    const read = (count: number) =>
      loading.get(`key:${count}`, async () => ++loads, {
        tags: Array.from({ length: count }, (_, index) => `tag:${index}`),
      });
    expect([await read(7), await read(7)]).toEqual([1, 1]);
    // The value and its eight tags do not fit.
    expect([await read(8), await read(8)]).toEqual([2, 3]);
    for (let count = 0; count < 100; count++)
      await loading.get(`k${count}`, () => 0, { tags: [`t${count}`] });
    expect(metrics.snapshot().entries).toBe(8);
  });

  it('are refused if one is not a text of 1 to 256 characters, or if there are too many', async () => {
    const { loading } = await startNode({});
    const withTags = (tags: unknown) => loading.get('key', async () => 1, { tags: tags as string[] });
    for (const tags of [[''], [7], [null], ['x'.repeat(257)]]) {
      await expect(withTags(tags)).rejects.toThrow(CacheArgumentError);
      await expect(loading.invalidateTags(...(tags as string[]))).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_CACHE_TAG' }),
      );
    }
    for (const tags of ['text', null, 7, {}, new Set(['t']), manyTags(129)]) {
      await expect(withTags(tags)).rejects.toMatchObject({ code: 'ERR_CACHE_TAG' });
      await expect(loading.set('key', 1, { tags: tags as string[] })).rejects.toMatchObject({
        code: 'ERR_CACHE_TAG',
      });
    }
    expect(await withTags(manyTags(128))).toBe(1);
  });

  it('are no keys of the application', async () => {
    const { cache, loading, metrics } = await startNode({});
    let loads = 0;
    const read = () => loading.get('key', async () => ++loads, { tags: ['products'] });
    const keys = ['@tag:products', '@@tag:products', '@other'];
    const setAll = () => Promise.all(keys.map(async (key) => cache.set(key, key)));
    await setAll();
    expect([await read(), await read()]).toEqual([1, 1]);
    await loading.invalidateTags('products');
    await setAll();
    expect([await read(), await read()]).toEqual([2, 2]);
    expect(await Promise.all(keys.map(async (key) => cache.get(key)))).toEqual(keys);
    expect(await Promise.all(keys.map(async (key) => loading.get(key, () => 'other')))).toEqual(keys);
    const listed: unknown[] = [];
    for await (const entry of cache.stores[0]!.iterator!(undefined)) listed.push(entry[0]);
    expect(new Set(listed)).toEqual(new Set([...keys, 'key']));
    expect(await loading.delete(...keys)).toBe(true);
    expect(await cache.get(keys[0]!)).toBeUndefined();
    // The value and its tag.
    expect(metrics.snapshot().entries).toBe(2);
  });

  it('are invalidated at once in any number', async () => {
    const { loading } = await startNode({});
    let loads = 0;
    const read = () => loading.get('key', async () => ++loads, { tags: ['t999'] });
    expect([await read(), await read()]).toEqual([1, 1]);
    await loading.invalidateTags(...manyTags(1000));
    expect(await read()).toBe(2);
  });
});

function manyTags(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`);
}

interface Reply {
  status(code: number): unknown;
}

@Controller()
@UseInterceptors(HttpCacheInterceptor)
@CacheTags(() => ['all'])
@CacheTags(() => ['everything'])
class ProductsController {
  static runs = 0;
  static gates: Promise<void>[] = [];
  static finish = () => undefined as void;

  @Get('products/:id')
  @CachePublic()
  @CacheTags(({ params }) => [`product:${params['id']}`])
  product(@Param('id') id: string) {
    return { id, run: ++ProductsController.runs };
  }

  @Get('broken')
  @CachePublic()
  @CacheTags(() => {
    throw new Error('no tags');
  })
  broken() {
    return { run: ++ProductsController.runs };
  }

  @Get('slow')
  @CachePublic()
  async slow() {
    const run = ++ProductsController.runs;
    await ProductsController.gates.shift();
    return { run };
  }

  @Patch('names/:id')
  @InvalidatesTags(({ params }) => [`product:${params['id']}`])
  rename() {
    return 'renamed';
  }

  @Patch('slow/:id')
  @InvalidatesTags(({ params }) => [`product:${params['id']}`])
  async renameSlowly() {
    await new Promise<void>((resolve) => (ProductsController.finish = resolve));
  }

  @Patch('both/:id/:other')
  @InvalidatesTags(({ params }) => [`product:${params['id']}`])
  @InvalidatesTags(({ params }) => [`product:${params['other']}`])
  renameBoth() {
    return 'renamed';
  }

  @Patch('nameless/:id')
  @InvalidatesTags(() => {
    throw new Error('no tags');
  })
  renameNameless() {
    ProductsController.runs++;
  }

  @Patch('failing/:id')
  @InvalidatesTags(({ params }) => [`product:${params['id']}`])
  fail() {
    throw new HttpException('conflict', 409);
  }

  @Patch('refused/:id')
  @InvalidatesTags(({ params }) => [`product:${params['id']}`])
  refuse(@Res({ passthrough: true }) reply: Reply) {
    reply.status(422);
    return 'refused';
  }
}

describe.each(ADAPTERS)('tags of cached responses (%s)', (adapter) => {
  const start = async (parts: AppParts = {}) => {
    const app = await startCached(adapter, parts, [ProductsController]);
    onTestFinished(() => app.app.close());
    const cacheOf = async (id: string) => (await app.get(`products/${id}`)).cache;
    return { ...app, cacheOf, loading: app.app.get(LoadingCache) };
  };

  it('invalidate the responses that have them after a successful request, and no others', async () => {
    const { get, cacheOf } = await start();
    expect([await cacheOf('1'), await cacheOf('2'), await cacheOf('1')]).toEqual(['MISS', 'MISS', 'HIT']);
    const renamed = await get('names/1', {}, 'PATCH');
    expect([renamed.status, renamed.text]).toEqual([200, 'renamed']);
    expect([await cacheOf('1'), await cacheOf('2'), await cacheOf('1')]).toEqual(['MISS', 'HIT', 'HIT']);
  });

  it.each(['failing', 'refused'])('invalidate nothing after a %s request', async (route) => {
    const { get, cacheOf } = await start();
    await cacheOf('1');
    expect((await get(`${route}/1`, {}, 'PATCH')).status).toBeGreaterThan(400);
    expect(await cacheOf('1')).toBe('HIT');
  });

  it('are the tags of LoadingCache, and those of a class count for all its routes', async () => {
    const { cacheOf, loading } = await start();
    await cacheOf('1');
    const total = () => loading.get('total', async () => ++ProductsController.runs, { tags: ['all'] });
    const before = await total();
    expect(await cacheOf('1')).toBe('HIT');
    await loading.invalidateTags('all');
    expect(await cacheOf('1')).toBe('MISS');
    expect(await total()).not.toBe(before);
  });

  it('let no response that began before replace a newer one', async () => {
    const { get, loading } = await start();
    const before = ProductsController.runs;
    let finish!: () => void;
    ProductsController.gates = [new Promise<void>((resolve) => (finish = resolve))];
    const old = get('slow');
    await until(() => ProductsController.runs > before);
    await loading.invalidateTags('all');
    const newer = await get('slow');
    finish();
    expect((await old).text).not.toBe(newer.text);
    const later = await get('slow');
    expect([later.text, later.cache]).toEqual([newer.text, 'HIT']);
  });

  it('add up if a decorator is repeated', async () => {
    const { get, cacheOf, loading } = await start();
    const all = async () => [await cacheOf('1'), await cacheOf('2')];
    expect([await all(), await all()]).toEqual([
      ['MISS', 'MISS'],
      ['HIT', 'HIT'],
    ]);
    await get('both/1/2', {}, 'PATCH');
    expect(await all()).toEqual(['MISS', 'MISS']);
    for (const tag of ['all', 'everything']) {
      await loading.invalidateTags(tag);
      expect([await all(), await all()]).toEqual([
        ['MISS', 'MISS'],
        ['HIT', 'HIT'],
      ]);
    }
  });

  it('end the responses if an outer interceptor takes the first value', async () => {
    const parts = outside((next) => next.handle().pipe(first()));
    const { get, cacheOf } = await start(parts);
    await cacheOf('1');
    expect((await get('names/1', {}, 'PATCH')).text).toBe('renamed');
    expect(await cacheOf('1')).toBe('MISS');
  });

  it('end the responses once the handler has ended after an outer timeout', async () => {
    const parts = outside((next, { method }) =>
      method === 'PATCH' ? next.handle().pipe(timeout(1)) : next.handle(),
    );
    const { get, cacheOf } = await start(parts);
    expect([await cacheOf('1'), await cacheOf('1')]).toEqual(['MISS', 'HIT']);
    expect((await get('slow/1', {}, 'PATCH')).status).toBe(500);
    expect(await cacheOf('1')).toBe('HIT');
    ProductsController.finish();
    await until(async () => (await cacheOf('1')) === 'MISS');
  });

  it('leave a response uncached if their function fails', async () => {
    const { get } = await start();
    const [one, other] = [await get('broken'), await get('broken')];
    expect([one.status, one.cache, other.cache]).toEqual([200, 'MISS', 'MISS']);
    expect(one.text).not.toBe(other.text);
  });

  it('keep the handler from running if the function of @InvalidatesTags() fails', async () => {
    const { get } = await start();
    const { runs } = ProductsController;
    expect((await get('nameless/1', {}, 'PATCH')).status).toBe(500);
    expect(ProductsController.runs).toBe(runs);
  });
});

@Controller()
class MessagesController {
  static runs = 0;

  @MessagePattern('rename')
  @InvalidatesTags(() => ['products'])
  rename() {
    return ++MessagesController.runs;
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY } })],
  controllers: [MessagesController],
})
class MessagesModule {}

describe('@InvalidatesTags() on a message handler', () => {
  it('is refused before the handler runs, and the log says what to call instead', async () => {
    const logger = new RecordingLogger();
    const options = { host: '127.0.0.1', port: await freePort() };
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(MessagesModule, {
      transport: Transport.TCP,
      options,
      logger,
    });
    onTestFinished(() => service.close());
    await service.listen();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    onTestFinished(() => void client.close());
    await expect(lastValueFrom(client.send('rename', {}))).rejects.toMatchObject({ status: 'error' });
    expect(MessagesController.runs).toBe(0);
    expect(logger.of('error').join('\n')).toContain('call LoadingCache.invalidateTags() here instead');
  });
});
