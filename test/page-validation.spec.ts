import {
  Controller,
  Get,
  Query,
  Req,
  StandardSchemaValidationPipe,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type INestApplication,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type } from 'arktype';
import { Type as Convert } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  Page,
  type PageParams,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { type Adapter, startApp } from './support/http-app.js';

/** The filters of the handlers, without the page parameters. */
class Filters {
  @IsOptional()
  @IsString()
  color?: string;

  @IsOptional()
  @Convert(() => Number)
  @IsInt()
  size?: number;
}

const STRICT = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });

const SCHEMAS = {
  zod: z.strictObject({ color: z.string().optional(), size: z.coerce.number().int().optional() }),
  valibot: v.strictObject({
    color: v.optional(v.string()),
    size: v.optional(v.pipe(v.string(), v.transform(Number), v.integer())),
  }),
  arktype: type({ 'color?': 'string', 'size?': 'string.integer.parse', '+': 'reject' }),
};

interface Dialect {
  readonly params: PageParams | undefined;
  /** Queries of the first and the second page, three rows each. */
  readonly first: string;
  readonly second: string | undefined;
  /** The name of a page parameter, as the query has it. */
  readonly limit: string;
}

const DIALECTS: Record<string, Dialect> = {
  'the default names': { params: undefined, first: 'limit=3', second: 'limit=3&offset=3', limit: 'limit' },
  'page numbers': {
    params: { limit: 'per_page', page: 'page' },
    first: 'per_page=3',
    second: 'per_page=3&page=2',
    limit: 'per_page',
  },
  'names in brackets': {
    params: { limit: 'page[limit]', offset: 'page[offset]', after: 'page[after]', before: 'page[before]' },
    first: 'page[limit]=3',
    second: 'page%5Blimit%5D=3&page%5Boffset%5D=3',
    limit: 'page[limit]',
  },
  'a range': {
    params: { range: 'range', sort: 'order' },
    first: 'range=[0,2]&order=id',
    second: 'range=%5B3,5%5D',
    limit: 'range',
  },
};

const ids = (page: PageRequest<[number], string | undefined>) => {
  const start = page.after === undefined ? page.offset : page.after[0] + 1;
  return Array.from({ length: page.take }, (_, index) => start + index);
};

const ORDERS = { sort: { id: ['id'], newest: ['id:desc'] } };

type AnyOrder = PageRequest<[number], string>;

const answer = (page: AnyOrder, filters: unknown) =>
  Page.of(ids(page), page, (id) => [id]).map((id) => ({ id, filters }));

/** Where a strict pipe can be. */
const PLACES: Record<
  string,
  (params: PageParams | undefined) => { controller: Type; global?: PipeTransform }
> = {
  'a global ValidationPipe': (params) => {
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class Lists {
      @Get()
      list(@Paginate({ ...ORDERS, params }) page: AnyOrder, @Query() filters: Filters) {
        return answer(page, { ...filters });
      }
    }
    return { controller: Lists, global: STRICT };
  },
  'a ValidationPipe of the route': (params) => {
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class Lists {
      @Get()
      @UsePipes(STRICT)
      list(@Query() filters: Filters, @Paginate({ ...ORDERS, params }) page: AnyOrder) {
        return answer(page, { ...filters });
      }
    }
    return { controller: Lists };
  },
  'a ValidationPipe of the parameter': (params) => {
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class Lists {
      @Get()
      list(@Query(STRICT) filters: Filters, @Paginate({ ...ORDERS, params }) page: AnyOrder) {
        return answer(page, { ...filters });
      }
    }
    return { controller: Lists };
  },
  ...Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      `a schema of ${name}`,
      (params: PageParams | undefined) => {
        @Controller()
        @UseInterceptors(PaginationInterceptor)
        class Lists {
          @Get()
          list(@Paginate({ ...ORDERS, params }) page: AnyOrder, @Query({ schema }) filters: object) {
            return answer(page, filters);
          }
        }
        return { controller: Lists, global: new StandardSchemaValidationPipe() };
      },
    ]),
  ),
};

type Rows = {
  readonly items: readonly { readonly id: number; readonly filters: object }[];
  readonly page: object;
};

async function ask(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; body: unknown; link: string | null }> {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    link: response.headers.get('link'),
  };
}

const idsOf = (body: unknown) => (body as Rows).items.map(({ id }) => id);
const filtersOf = (body: unknown) => (body as Rows).items[0]!.filters;

const PARSERS: readonly (readonly [string, Adapter, (app: INestApplication) => void])[] = [
  ['express', 'express', () => undefined],
  [
    'express with the extended query parser',
    'express',
    (app) => void (app as NestExpressApplication).set('query parser', 'extended'),
  ],
  ['fastify', 'fastify', () => undefined],
];

const cases = Object.keys(PLACES).flatMap((place) =>
  Object.keys(DIALECTS).map((dialect) => [place, dialect] as const),
);

describe.each(PARSERS)('on %s', (_parser, adapter, prepareParser) => {
  const start = (controllers: Type[], prepare: (app: INestApplication) => void = () => undefined) =>
    startApp(
      adapter,
      controllers,
      {},
      {
        prepare: (app) => {
          prepareParser(app);
          prepare(app);
        },
      },
    );

  it.each(cases)('%s need not know %s', async (place, dialect) => {
    const { params, first, second, limit } = DIALECTS[dialect]!;
    const { controller, global } = PLACES[place]!(params);
    const { url } = await start([controller], (app) => void (global && app.useGlobalPipes(global)));

    const filtered = await ask(`${url}/?${first}&color=red&size=5`);
    expect([filtered.status, filtered.body]).toMatchObject([200, {}]);
    expect(idsOf(filtered.body)).toEqual([0, 1, 2]);
    expect(filtersOf(filtered.body)).toEqual({ color: 'red', size: 5 });
    expect(idsOf((await ask(`${url}/?${second}`)).body)).toEqual([3, 4, 5]);

    // The pages go on with the filters.
    const next = /<(.*)>; rel="next"/.exec(filtered.link ?? '')?.[1];
    if (params?.range === undefined) {
      const further = await ask(new URL(next!, url).href);
      expect(idsOf(further.body)).toEqual([3, 4, 5]);
      expect(filtersOf(further.body)).toEqual({ color: 'red', size: 5 });
    }

    // What is no parameter of the page or the class is still refused, and so is what is invalid.
    const unknown = await ask(`${url}/?${first}&colour=red`);
    expect([unknown.status, JSON.stringify(unknown.body)]).toEqual([400, expect.stringContaining('colour')]);
    expect((await ask(`${url}/?${first}&size=x`)).status).toBe(400);
    expect(await ask(`${url}/?${limit}=x`)).toMatchObject({ status: 400, body: { parameter: limit } });
    const order = params?.sort ?? 'sort';
    expect(await ask(`${url}/?${order}=x`)).toMatchObject({ status: 400, body: { parameter: order } });
  });

  @Controller()
  @UseInterceptors(PaginationInterceptor)
  class SeenController {
    @Get('strict')
    strict(
      @Paginate({ params: { limit: 'page[limit]', offset: 'page[offset]' } }) page: PageRequest,
      @Query(STRICT) filters: Filters,
    ) {
      return Page.of([{ ...filters, limit: page.limit, offset: page.offset }], page);
    }

    @Get('named')
    named(@Paginate() page: PageRequest, @Query('limit') limit: string, @Query('color') color: string) {
      return Page.of([{ limit, color }], page);
    }

    @Get('whole')
    whole(
      @Paginate() page: PageRequest,
      @Query() query: object,
      @Req() request: { url: string; query: object },
    ) {
      return Page.of([{ query: { ...query }, seen: { ...request.query }, url: request.url }], page);
    }

    @Get('request')
    request(@Paginate() page: PageRequest, @Req() request: { url: string; query: object }) {
      return Page.of([{ seen: { ...request.query }, url: request.url }], page);
    }
  }

  const firstOf = async (url: string) => {
    const { status, body } = await ask(url);
    return [status, (body as { items?: unknown[] }).items?.[0] ?? body];
  };

  it('a parameter that is read by name is not taken', async () => {
    const { url } = await start([SeenController]);
    expect(await firstOf(`${url}/named?limit=3&color=red`)).toEqual([200, { limit: '3', color: 'red' }]);
  });

  it('the request keeps its URL, and its query if no pipe reads that as a whole', async () => {
    const { url } = await start([SeenController]);
    const target = '/whole?limit=3&color=red&color=blue&__proto__=x';
    const filters = { color: ['red', 'blue'] };
    const [status, whole] = await firstOf(url + target);
    expect([status, whole]).toMatchObject([200, { query: filters, seen: filters, url: target }]);
    expect(JSON.stringify(whole)).not.toContain('"limit"');
    const request = await firstOf(`${url}/request?limit=3&color=red`);
    expect(request).toEqual([200, { seen: { limit: '3', color: 'red' }, url: '/request?limit=3&color=red' }]);
  });

  type Fix = (request: object, query: object) => void;
  const freeze = <Value>(value: Value): Value => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
    return Object.freeze(value);
  };
  const copyOf = (query: object) => JSON.parse(JSON.stringify(query)) as object;
  const fixes: Record<string, Fix> = {
    'freezes the query': (request, query) =>
      void Object.defineProperty(request, 'query', {
        value: freeze(copyOf(query)),
        writable: true,
        configurable: true,
      }),
    // As on Express 5, so that others can assign it.
    'fixes the property of the query': (request, query) =>
      void Object.defineProperty(request, 'query', {
        value: query,
        writable: true,
        configurable: false,
        enumerable: true,
      }),
    'makes the query an accessor': (request, query) => {
      let current = query;
      Object.defineProperty(request, 'query', {
        get: () => current,
        set: (value: object) => {
          current = value;
        },
        configurable: false,
      });
    },
    'gives the query no prototype': (request, query) =>
      void Object.defineProperty(request, 'query', {
        value: Object.assign(Object.create(null) as object, query),
        writable: true,
        configurable: true,
      }),
  };

  const guardThat = (fix: Fix) => (app: INestApplication) =>
    void app.useGlobalGuards({
      canActivate: (context) => {
        const request = context.switchToHttp().getRequest<{ query: object }>();
        fix(request, request.query);
        return true;
      },
    });

  it.each(Object.entries(fixes))('a strict class works behind code that %s', async (_what, fix) => {
    const { url } = await start([SeenController], guardThat(fix));
    expect(await firstOf(`${url}/strict?page[limit]=3&page[offset]=1&color=red`)).toEqual([
      200,
      { color: 'red', limit: 3, offset: 1 },
    ]);
    expect((await ask(`${url}/strict?page[limit]=3&page[color]=red`)).status).toBe(400);
  });

  it('the page is read from a query that nobody can change', async () => {
    const { url } = await start(
      [SeenController],
      guardThat(
        (request, query) =>
          void Object.defineProperty(request, 'query', {
            value: query,
            configurable: false,
            writable: false,
          }),
      ),
    );
    const [status, whole] = await firstOf(`${url}/whole?limit=3&color=red`);
    expect([status, whole]).toMatchObject([200, { query: { limit: '3', color: 'red' } }]);
  });

  it('a list of filters with the name before the brackets stays a list', async () => {
    const { url } = await start([BracketController]);
    expect(await firstOf(`${url}/?page=1&page=2`)).toEqual([200, { page: ['1', '2'] }]);
  });
});

@Controller()
@UseInterceptors(PaginationInterceptor)
class BracketController {
  @Get()
  list(@Paginate({ params: { limit: 'page[limit]' } }) page: PageRequest, @Query() query: object) {
    return Page.of([query], page);
  }
}
