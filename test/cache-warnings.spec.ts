import { Cache, CacheInterceptor } from '@nestjs/cache-manager';
import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  Module,
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
