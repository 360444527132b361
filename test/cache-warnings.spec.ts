import { Cache, CacheInterceptor } from '@nestjs/cache-manager';
import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  Module,
  Patch,
  Post,
  Scope,
  UseInterceptors,
  type INestApplication,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CachePublic,
  CacheTags,
  CacheVary,
  HttpCacheInterceptor,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

@Injectable()
class OwnCacheInterceptor extends HttpCacheInterceptor {}

@Controller('marked')
class MarkedController {
  @Get()
  @CachePublic()
  list() {
    return [];
  }

  @Get('mine')
  @CacheVary('authorization')
  mine() {
    return [];
  }

  @Get('other')
  other() {
    return [];
  }
}

@Controller('all')
@CachePublic()
class AllController {
  @Get()
  list() {
    return [];
  }

  @Post()
  create() {}
}

@Controller('cached')
@UseInterceptors(HttpCacheInterceptor)
class CachedController {
  @Get()
  @CachePublic()
  list() {
    return [];
  }
}

@Controller('one')
class OneController {
  @Get()
  @CachePublic()
  @UseInterceptors(OwnCacheInterceptor)
  one() {
    return [];
  }
}

const global = (scope?: Scope): Provider => ({
  provide: APP_INTERCEPTOR,
  useClass: HttpCacheInterceptor,
  ...(scope === undefined ? {} : { scope }),
});

describe.each(ADAPTERS)('a route marked for caching (%s)', (adapter) => {
  it('is reported at boot if no HttpCacheInterceptor applies to it', async () => {
    const { logger } = await startApp(adapter, [MarkedController, AllController, CachedController]);
    expect(logger.of('warn')).toEqual([
      expect.stringContaining(
        'has no effect without HttpCacheInterceptor on MarkedController.list, MarkedController.mine, AllController.list:',
      ),
    ]);
  });

  it.each([
    ['on the controller and on the route', [CachedController, OneController], {}],
    ['for the application', [MarkedController], { providers: [global()] }],
    ['for the application, in request scope', [MarkedController], { providers: [global(Scope.REQUEST)] }],
    [
      'for the application, in main.ts',
      [MarkedController],
      {
        providers: [HttpCacheInterceptor],
        prepare: (app: INestApplication) => app.useGlobalInterceptors(app.get(HttpCacheInterceptor)),
      },
    ],
  ])('is not reported if an interceptor is set %s', async (_where, controllers, parts) => {
    const { logger } = await startApp(adapter, controllers, {}, parts);
    expect(logger.of('warn')).toEqual([]);
  });
});

it('@CacheTags() is reported at boot where no response is cached', async () => {
  @Controller('tagged')
  @UseInterceptors(HttpCacheInterceptor)
  @CacheTags(() => ['tagged'])
  class TaggedController {
    @Get('cached')
    @CachePublic()
    @CacheTags(() => ['cached'])
    cached() {}

    @Get('plain')
    @CacheTags(() => ['plain'])
    plain() {}

    @Patch()
    @CachePublic()
    @CacheTags(() => ['change'])
    change() {}

    @Post()
    create() {}
  }

  @Controller('others')
  @CacheTags(() => ['others'])
  class OthersController {
    @Get()
    list() {}
  }
  const { logger } = await startApp('express', [TaggedController, OthersController]);
  expect(logger.of('warn')).toEqual([
    expect.stringContaining(
      '@CacheTags() has no effect on OthersController, TaggedController.plain, TaggedController.change:',
    ),
  ]);
});

it('a route is reported for its tags and for its size', async () => {
  @Controller('reports')
  @UseInterceptors(HttpCacheInterceptor)
  class ReportsController {
    @Get(':tag')
    @CachePublic()
    @CacheTags(({ params }) => [params['tag'] === 'none' ? '' : 'report'])
    report() {
      return 'x'.repeat(100_000);
    }
  }
  const env = { CACHE_MAX_BYTES: '100000' };
  const { url, logger } = await startApp('express', [ReportsController], { env });
  for (const tag of ['none', 'one', 'none', 'one']) await (await fetch(`${url}/reports/${tag}`)).text();
  expect(logger.of('warn')).toEqual([
    expect.stringContaining('names no readable tags'),
    expect.stringContaining('has a response that is larger'),
  ]);
});

it('a route marked for caching is not reported in an application context, which has no HTTP', async () => {
  const logger = new RecordingLogger();
  const imports = [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY } })];
  @Module({ imports, controllers: [MarkedController] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger });
  onTestFinished(() => app.close());
  expect(logger.of('warn')).toEqual([]);
});

describe('an instance cached as plain data', () => {
  class Product {
    readonly id = 1;
  }

  @Controller('products')
  class ProductsController {
    @Get()
    @UseInterceptors(CacheInterceptor)
    one() {
      return new Product();
    }
  }

  it('is reported with a hint at ClassSerializerInterceptor only if the application has one', async () => {
    const plain = await startApp('express', [ProductsController]);
    await fetch(`${plain.url}/products`);
    expect(plain.logger.of('warn')).toEqual([
      expect.stringContaining(
        'its methods are not kept. Cache plain data, or rebuild the instance after reading it.',
      ),
    ]);

    class Item {
      readonly id = 1;
    }
    const serializer: Provider = {
      provide: APP_INTERCEPTOR,
      useFactory: () => new ClassSerializerInterceptor(new Reflector(), { transformerPackage: {} as never }),
    };
    const serialized = await startApp('express', [ProductsController], {}, { providers: [serializer] });
    await serialized.app.get(Cache).set('item', new Item());
    expect(serialized.logger.of('warn')).toEqual([
      expect.stringContaining('List CacheInterceptor before ClassSerializerInterceptor'),
    ]);
  });
});
