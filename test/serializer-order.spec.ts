import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Scope,
  UseInterceptors,
  type ClassSerializerInterceptorOptions,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { CachePublic, HttpCacheInterceptor } from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

class Product {
  constructor(
    readonly id: number,
    readonly costCents: number,
  ) {}
}

// Like class-transformer with `@Exclude() costCents`: the result depends on the class of the value.
const shown = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shown);
  return value instanceof Product ? { id: value.id } : value;
};
const transformerPackage = {
  classToPlain: shown,
  plainToInstance: (_type: unknown, value: unknown) => value,
} as unknown as NonNullable<ClassSerializerInterceptorOptions['transformerPackage']>;

class Serializer extends ClassSerializerInterceptor {
  constructor() {
    super(new Reflector(), { transformerPackage });
  }
}

const product = () => [new Product(1, 42)];

@Controller('plain')
@UseInterceptors(HttpCacheInterceptor)
class InnerCacheController {
  @Get()
  @CachePublic()
  list() {
    return product();
  }

  @Get('plain')
  @CachePublic()
  plain() {
    return [{ id: 1 }];
  }
}

@Controller('marked')
class MarkedController {
  @Get()
  @CachePublic()
  list() {
    return product();
  }
}

@Controller('listed')
class ListedController {
  @Get('right')
  @CachePublic()
  @UseInterceptors(HttpCacheInterceptor, Serializer)
  right() {
    return product();
  }

  @Get('wrong')
  @CachePublic()
  @UseInterceptors(new Serializer(), HttpCacheInterceptor)
  wrong() {
    return product();
  }
}

const everywhere = (...types: (typeof Serializer | typeof HttpCacheInterceptor)[]): Provider[] =>
  types.map((useClass) => ({ provide: APP_INTERCEPTOR, useClass }));

async function readTwice(url: string) {
  const answers: { cache: string | null; body: unknown }[] = [];
  for (let time = 1; time <= 2; time++) {
    const response = await fetch(url);
    answers.push({ cache: response.headers.get('x-cache'), body: await response.json() });
  }
  return answers;
}

describe.each(ADAPTERS)('a property that a serializer hides (%s)', (adapter) => {
  it('stays hidden if the serializer comes first, with one warning per route', async () => {
    const parts = { providers: everywhere(Serializer) };
    const { url, logger } = await startApp(adapter, [InnerCacheController], {}, parts);

    const missed = { cache: 'MISS', body: [{ id: 1 }] };
    expect(await readTwice(`${url}/plain`)).toEqual([missed, missed]);
    expect(logger.of('warn').filter((text) => text.includes('is not cached'))).toEqual([
      expect.stringContaining(
        'InnerCacheController.list is not cached: it answers with instances of Product',
      ),
    ]);
  });

  it('stays hidden if the serializer is request-scoped', async () => {
    const providers = [{ provide: APP_INTERCEPTOR, useClass: Serializer, scope: Scope.REQUEST }];
    const { url } = await startApp(adapter, [InnerCacheController], {}, { providers });

    const missed = { cache: 'MISS', body: [{ id: 1 }] };
    expect(await readTwice(`${url}/plain`)).toEqual([missed, missed]);
  });

  it('stays hidden for either order on the route, and only a cache that comes first has hits', async () => {
    const { url } = await startApp(adapter, [ListedController]);

    const missed = { cache: 'MISS', body: [{ id: 1 }] };
    expect(await readTwice(`${url}/listed/wrong`)).toEqual([missed, missed]);
    expect(await readTwice(`${url}/listed/right`)).toEqual([missed, { cache: 'HIT', body: [{ id: 1 }] }]);
  });

  it('does not prevent caching of plain responses', async () => {
    const { url } = await startApp(
      adapter,
      [InnerCacheController],
      {},
      { providers: everywhere(Serializer) },
    );

    expect((await readTwice(`${url}/plain/plain`)).map(({ cache }) => cache)).toEqual(['MISS', 'HIT']);
  });

  it('is absent from the cached response if the cache comes first', async () => {
    const parts = { providers: everywhere(HttpCacheInterceptor, Serializer) };
    const { url } = await startApp(adapter, [MarkedController], {}, parts);

    expect(await readTwice(`${url}/marked`)).toEqual([
      { cache: 'MISS', body: [{ id: 1 }] },
      { cache: 'HIT', body: [{ id: 1 }] },
    ]);
  });
});
