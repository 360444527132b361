import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  PageSize,
  Paginate,
  PaginationInterceptor,
  Unpaginated,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

const rows = (count: number) => Array.from({ length: count }, (_, id) => id);

@UseInterceptors(PaginationInterceptor)
class BaseController {
  @Get()
  list() {
    return rows(500);
  }

  @Get('own')
  @PageSize(20)
  own() {
    return rows(500);
  }

  @Get('more')
  @PageSize(20, { max: 60 })
  more() {
    return rows(500);
  }

  @Get('export')
  @Unpaginated()
  exported() {
    return rows(500);
  }

  @Get('page')
  @PageSize(20, { max: 60 })
  page(@Paginate() page: PageRequest) {
    return page;
  }
}

@Controller('plain')
class PlainController extends BaseController {}

@Controller('sized')
@PageSize(5)
class SizedController extends BaseController {}

@Controller('inherited')
class InheritedController extends SizedController {
  @Get('own')
  override own() {
    return rows(500);
  }
}

@Controller('open')
@Unpaginated()
class OpenController extends BaseController {}

const CONTROLLERS = [PlainController, SizedController, InheritedController, OpenController];

describe.each(ADAPTERS)('on %s', (adapter) => {
  const lengthOf = async (url: string) => {
    const response = await fetch(url);
    const body = (await response.json()) as unknown[];
    return response.status === 200 ? body.length : response.status;
  };
  const lengths = async (url: string, queries: readonly string[]) =>
    Promise.all(queries.map((query) => lengthOf(url + query)));
  const ASKED = ['', '?limit=3', '?limit=50', '?limit=9999'];

  it.each([
    ['plain', [100, 3, 50, 200]],
    ['plain/own', [20, 3, 20, 20]],
    ['plain/more', [20, 3, 50, 60]],
    ['sized', [5, 3, 5, 5]],
    ['sized/own', [20, 3, 20, 20]],
    ['sized/more', [20, 3, 50, 60]],
    ['inherited', [5, 3, 5, 5]],
    ['inherited/own', [5, 3, 5, 5]],
    ['inherited/more', [20, 3, 50, 60]],
    ['open/own', [20, 3, 20, 20]],
    ['open/more', [20, 3, 50, 60]],
  ])('the page size of a handler overrides that of its controller (%s)', async (path, expected) => {
    const { url } = await startApp(adapter, CONTROLLERS, { env: { MAX_PAGE_SIZE: '200' } });
    expect(await lengths(`${url}/${path}`, ASKED)).toEqual(expected);
  });

  it.each(['plain/export', 'sized/export', 'open', 'open/export'])(
    '@Unpaginated() sends a list uncut and ignores page parameters (%s)',
    async (path) => {
      const { url, logger } = await startApp(adapter, CONTROLLERS);
      const asked = [...ASKED, '?limit=0', '?offset=x', '?limit=a&limit=b', '?offset=99999'];
      expect(await lengths(`${url}/${path}`, asked)).toEqual(asked.map(() => 500));
      expect(logger.of('warn')).toEqual([]);
    },
  );

  it('@Paginate() injects a page with the limits of its route', async () => {
    const { url } = await startApp(adapter, CONTROLLERS);
    const pageOf = async (query: string) => (await fetch(`${url}/plain/page${query}`)).json();
    expect(await pageOf('')).toEqual({ limit: 20, take: 21, offset: 0, direction: 'forward' });
    expect(await pageOf('?limit=999')).toEqual({ limit: 60, take: 61, offset: 0, direction: 'forward' });
  });
});

describe('invalid page sizes', () => {
  @Controller('wrong')
  @UseInterceptors(PaginationInterceptor)
  class WrongController {
    @Get('a')
    @PageSize(0)
    none() {}

    @Get('b')
    @PageSize(1.5)
    half() {}

    @Get('c')
    @PageSize(NaN)
    unknown() {}

    @Get('d')
    @PageSize(20, { max: 10 })
    reversed() {}

    @Get('e')
    @PageSize(101)
    beyond() {}

    @Get('f')
    @PageSize(20, { max: 101 })
    beyondAtMost() {}

    @Get('g')
    @PageSize(20, { max: Infinity })
    endless() {}

    @Get('h')
    @PageSize(20, { max: 100 })
    fine() {}

    @Get('i')
    @Unpaginated()
    exported() {}
  }

  @Controller('wrong-too')
  @PageSize(-1)
  class WrongTooController {
    @Get()
    list() {}

    @Get('own')
    @PageSize(7)
    own() {}
  }

  @Controller('heir')
  class HeirController extends WrongTooController {}

  const bootError = async (env: Record<string, string> = {}) => {
    const starting = startApp('express', [WrongController, WrongTooController, HeirController], { env });
    const error = await starting.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigDefinitionError);
    return (error as Error).message.split('\n');
  };

  it('are all reported when Nest starts', async () => {
    const lines = await bootError();
    expect(lines).toEqual([
      expect.stringMatching(/WrongController\.none: @PageSize\(0\) must be whole numbers/),
      expect.stringMatching(/WrongController\.half: @PageSize\(1\.5\) must be whole numbers/),
      expect.stringMatching(/WrongController\.unknown: @PageSize\(NaN.*\) must be whole numbers/),
      expect.stringMatching(/WrongController\.reversed: @PageSize\(20, \{ max: 10 \}\) .*size <= max/),
      expect.stringMatching(/WrongController\.beyond: @PageSize\(101\) exceeds MAX_PAGE_SIZE \(100\)/),
      expect.stringMatching(/WrongController\.beyondAtMost: @PageSize\(20, \{ max: 101 \}\) exceeds/),
      expect.stringMatching(/WrongController\.endless: @PageSize\(20, \{ max: Infinity \}\) must be whole/),
      expect.stringMatching(/WrongTooController\.list: @PageSize\(-1\) must be whole numbers/),
      expect.stringMatching(/HeirController\.list: @PageSize\(-1\) must be whole numbers/),
    ]);
  });

  it('include those that exceed MAX_PAGE_SIZE', async () => {
    const lines = await bootError({ MAX_PAGE_SIZE: '101' });
    expect(lines.some((line) => line.includes('beyond'))).toBe(false);
    const fewer = await bootError({ PAGE_SIZE: '10' });
    expect(fewer.find((line) => line.includes('WrongController.fine'))).toContain(
      '@PageSize(20, { max: 100 }) exceeds MAX_PAGE_SIZE (10)',
    );
  });
});

describe('the largest offset', () => {
  @Controller('list')
  @UseInterceptors(PaginationInterceptor)
  class ListController {
    @Get()
    list(@Paginate() page: PageRequest) {
      return rows(page.take);
    }

    @Get('page')
    page(@Paginate() page: PageRequest) {
      return Page.of(rows(page.take), page);
    }

    @Get('careless')
    careless() {
      return rows(500);
    }
  }

  const start = (maxOffset?: number) =>
    startApp('express', [ListController], {
      env: { NODE_ENV: 'production' },
      ...(maxOffset !== undefined && { pagination: { maxOffset } }),
    });

  it.each([
    [undefined, 10_000],
    [250, 250],
    [0, 0],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('with maxOffset: %s is %d, and a larger offset is refused', async (maxOffset, most) => {
    const { url } = await start(maxOffset);
    for (const path of ['list', 'list/page', 'list/careless']) {
      expect((await fetch(`${url}/${path}?offset=${most}`)).status).toBe(200);
      const refused = await fetch(`${url}/${path}?offset=${most + 1}`);
      expect(refused.status).toBe(400);
      const body = (await refused.json()) as { message: string };
      expect(body).toMatchObject({ code: 'ERR_PAGE_REQUEST', parameter: 'offset' });
      expect(body.message).toContain(`offset must be at most ${most}`);
    }
  });

  it.each(['list', 'list/page'])(
    'ends a walk by Link with a 400 that states the reason (%s)',
    async (path) => {
      const { url } = await start(250);
      const offsets: number[] = [];
      let target: string | undefined = '';
      let response: Response;
      do {
        response = await fetch(`${url}/${path}${target}`);
        target = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
        if (target !== undefined) offsets.push(Number(new URLSearchParams(target).get('offset')));
      } while (target !== undefined);
      expect(offsets).toEqual([100, 200, 300]);
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({
          parameter: 'offset',
          message: expect.stringContaining('use a cursor') as string,
        }),
      ]);
    },
  );

  it.each([-1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1])(
    '%d is refused when Nest starts',
    async (maxOffset) => {
      const starting = start(maxOffset);
      await expect(starting).rejects.toThrow(ConfigDefinitionError);
      await expect(starting).rejects.toThrow('maxOffset must be a whole number of rows, at least 0');
    },
  );
});
