import {
  Controller,
  Get,
  UseInterceptors,
  type INestApplication,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  CachePublic,
  HttpCacheInterceptor,
  Paginate,
  PaginationInterceptor,
  Unpaginated,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

const rows = (page: PageRequest) => Array.from({ length: page.take }, (_, id) => page.offset + id);

@Controller('right')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class RightController {
  @Get()
  @CachePublic()
  list(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

@Controller('wrong')
@UseInterceptors(PaginationInterceptor, HttpCacheInterceptor)
class WrongController {
  @Get()
  @CachePublic()
  list(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('other')
  @CachePublic()
  other(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('one')
  @CachePublic()
  one() {
    return { id: 1 };
  }

  @Get('none')
  @CachePublic()
  none() {}

  @Get('uncached')
  uncached(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

@Controller('methods')
class MethodsController {
  @Get('right')
  @CachePublic()
  @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
  right(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('wrong')
  @CachePublic()
  @UseInterceptors(PaginationInterceptor, HttpCacheInterceptor)
  wrong(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

@Controller('cached')
@UseInterceptors(HttpCacheInterceptor)
class CachedController {
  @Get()
  @CachePublic()
  list(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('paged')
  @CachePublic()
  @UseInterceptors(PaginationInterceptor)
  paged(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

/** Global interceptors, with the instances that Nest created for RightController. */
const globally =
  (...interceptors: readonly Type<NestInterceptor>[]) =>
  (app: INestApplication) =>
    void app.useGlobalInterceptors(...interceptors.map((type) => app.get(type, { strict: false })));

@Controller('unbounded')
class UnboundedController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('other')
  other(@Paginate() page: PageRequest) {
    return rows(page);
  }

  @Get('export')
  @Unpaginated()
  exported(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

@Controller('bare')
class BareController {
  @Get()
  @CachePublic()
  list(@Paginate() page: PageRequest) {
    return rows(page);
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  /** The warnings after three requests to each of these paths. */
  async function warningsOf(
    paths: readonly string[],
    controllers: Parameters<typeof startApp>[1],
    prepare?: (app: INestApplication) => void,
  ) {
    const { url, logger } = await startApp(adapter, controllers, {}, prepare && { prepare });
    const caches: (string | null)[] = [];
    for (const query of ['', '?limit=100', '?limit=5000']) {
      for (const path of paths) {
        const response = await fetch(`${url}/${path}${query}`);
        expect(await response.json()).toHaveLength(100);
        caches.push(response.headers.get('x-cache'));
      }
    }
    return { warnings: logger.of('warn'), caches };
  }
  const named = (route: string) =>
    expect.stringMatching(
      new RegExp(
        `${route} runs PaginationInterceptor before HttpCacheInterceptor.*HttpCacheInterceptor, PaginationInterceptor`,
      ),
    ) as string;

  it('the wrong order is reported once for each cached route', async () => {
    const { warnings } = await warningsOf(['wrong', 'wrong/other', 'wrong/uncached'], [WrongController]);
    expect(warnings).toEqual([named('WrongController.list'), named('WrongController.other')]);
  });

  it('the wrong order on a method is reported, and the right order is not', async () => {
    const paths = ['right', 'methods/right', 'methods/wrong'];
    const { warnings } = await warningsOf(paths, [RightController, MethodsController]);
    expect(warnings).toEqual([named('MethodsController.wrong')]);
  });

  it('the wrong order is reported if PaginationInterceptor is global and the cache is on a controller', async () => {
    const prepare = globally(PaginationInterceptor);
    const { warnings } = await warningsOf(['cached'], [CachedController], prepare);
    expect(warnings).toEqual([named('CachedController.list')]);
  });

  it('the wrong order is reported if both are global', async () => {
    const prepare = globally(PaginationInterceptor, HttpCacheInterceptor);
    const { warnings } = await warningsOf(['bare'], [BareController, RightController], prepare);
    expect(warnings).toEqual([named('BareController.list')]);
  });

  it('the right order is not reported, wherever the two are set', async () => {
    const both = await warningsOf(
      ['bare'],
      [BareController, RightController],
      globally(HttpCacheInterceptor, PaginationInterceptor),
    );
    expect(both.warnings).toEqual([]);
    // Before the first response, the cache cannot know that the route is paged.
    expect(both.caches).toEqual(['MISS', 'MISS', 'HIT']);
    const split = await warningsOf(['cached/paged'], [CachedController]);
    expect(split).toEqual({ warnings: [], caches: ['MISS', 'HIT', 'HIT'] });
  });

  it('the wrong order is not reported if an outer cache stores the pages, which remain pages', async () => {
    const outer = [HttpCacheInterceptor, PaginationInterceptor];
    const providers = outer.map((useClass) => ({ provide: APP_INTERCEPTOR, useClass }));
    const { url, logger } = await startApp(adapter, [WrongController, CachedController], {}, { providers });
    for (const path of ['wrong', 'cached', 'cached/paged']) {
      for (let again = 0; again < 3; again++) {
        expect(await (await fetch(`${url}/${path}?limit=7`)).json()).toHaveLength(7);
      }
    }
    expect(logger.of('warn')).toEqual([]);
  });

  it('the wrong order is not reported on routes that do not return a list', async () => {
    const { url, logger } = await startApp(adapter, [WrongController]);
    for (let again = 0; again < 2; again++) {
      expect(await (await fetch(`${url}/wrong/one`)).json()).toEqual({ id: 1 });
      expect(await (await fetch(`${url}/wrong/none`)).text()).toBe('');
    }
    expect(logger.of('warn')).toEqual([]);
  });
});

describe.each(ADAPTERS)('@Paginate() on %s', (adapter) => {
  it('is reported once per route without PaginationInterceptor', async () => {
    const { url, logger } = await startApp(adapter, [UnboundedController]);
    for (let again = 0; again < 2; again++) {
      for (const path of ['', '/other', '/export']) {
        expect(await (await fetch(`${url}/unbounded${path}?limit=2`)).json()).toHaveLength(3);
      }
    }
    const warning =
      /takes its page with @Paginate\(\), but PaginationInterceptor does not run.*take rows.*no Link/;
    expect(logger.of('warn')).toEqual([
      expect.stringMatching(new RegExp(`UnboundedController.list ${warning.source}`)),
      expect.stringMatching(new RegExp(`UnboundedController.other ${warning.source}`)),
    ]);
  });

  it.each(['global', 'delegated to'])('is not reported if a PaginationInterceptor is %s', async (how) => {
    const { url, logger } = await startApp(
      adapter,
      [UnboundedController],
      {},
      {
        providers: [PaginationInterceptor],
        prepare: (app) => {
          const interceptor = app.get(PaginationInterceptor);
          const delegate: NestInterceptor = {
            intercept: (context, next) => interceptor.intercept(context, next),
          };
          app.useGlobalInterceptors(how === 'global' ? interceptor : delegate);
        },
      },
    );
    for (const path of ['', '/other']) {
      expect(await (await fetch(`${url}/unbounded${path}?limit=2`)).json()).toHaveLength(2);
    }
    expect(logger.of('warn')).toEqual([]);
  });
});
