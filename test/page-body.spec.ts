import {
  All,
  Body,
  Controller,
  Get,
  HttpCode,
  Post,
  Put,
  UseInterceptors,
  ValidationPipe,
  type INestApplication,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  type PageParams,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

class Search {
  @IsOptional()
  @IsString()
  text?: string;

  @IsOptional()
  @IsInt()
  price?: number;
}

const STRICT: PipeTransform = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
});

const NESTED: PageParams = { limit: 'page[size]', offset: 'page[from]', after: 'page[after]' };

const rowsFrom = (start: number, take: number) => Array.from({ length: take }, (_, index) => start + index);

const sortedPage = (page: PageRequest<[number]>) =>
  Page.of(rowsFrom(page.after === undefined ? page.offset : page.after[0] + 1, page.take), page, (id) => [
    id,
  ]);

abstract class SearchRoutes {
  @Post('flat')
  @HttpCode(200)
  flat(@Paginate({ from: 'body', sort: ['id'] }) page: PageRequest<[number]>, @Body() search: Search) {
    return sortedPage(page).map((id) => ({ id, search: { ...search } }));
  }

  @Post('nested')
  @HttpCode(200)
  nested(
    @Paginate({ from: 'body', sort: ['id'], params: NESTED }) page: PageRequest<[number]>,
    @Body() search: Search,
  ) {
    return sortedPage(page).map((id) => ({ id, search: { ...search } }));
  }

  @Post('loose')
  @HttpCode(200)
  loose(@Paginate({ from: 'body' }) page: PageRequest, @Body() body: unknown) {
    return { items: rowsFrom(page.offset, page.take), body };
  }
}

@Controller('bounded')
@UseInterceptors(PaginationInterceptor)
class BoundedController extends SearchRoutes {}

@Controller('open')
class OpenController extends SearchRoutes {}

async function post(url: string, body?: unknown, type = 'application/json') {
  const response = await fetch(url, {
    method: 'POST',
    ...(body !== undefined && {
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
  return {
    status: response.status,
    link: response.headers.get('link'),
    body: (await response.json()) as {
      items: { id: number; search: object }[];
      page: { next: string };
      parameter: string;
    },
  };
}

const idsOf = ({ body }: { body: { items: { id: number }[] } }) => body.items.map(({ id }) => id);

describe.each(ADAPTERS)('on %s, a page of the body', (adapter) => {
  const start = (controllers: Type[], prepare: (app: INestApplication) => void = () => undefined) =>
    startApp(adapter, controllers, { env: { PAGE_SIZE: '5', MAX_PAGE_SIZE: '10' } }, { prepare });

  it.each(['flat', 'nested'])('is read beside a strict class (%s)', async (route) => {
    const { url } = await start([BoundedController], (app) => app.useGlobalPipes(STRICT));
    const page = (size: unknown, from?: unknown, after?: unknown) =>
      route === 'flat' ? { limit: size, offset: from, after } : { page: { size, from, after } };
    const search = { text: 'a', price: 3 };
    const path = `${url}/bounded/${route}`;
    for (const size of [2, '2']) {
      const first = await post(path, { ...page(size), ...search });
      expect([first.status, idsOf(first), first.link]).toEqual([200, [0, 1], null]);
      expect(first.body.items[0]!.search).toEqual(search);
      const second = await post(path, { ...search, ...page(size, null, first.body.page.next) });
      expect([second.status, idsOf(second), second.link]).toEqual([200, [2, 3], null]);
    }
    expect(idsOf(await post(path, page(null, 4)))).toEqual([4, 5, 6, 7, 8]);
    expect(idsOf(await post(path, page(1e17)))).toHaveLength(10);
    expect((await post(path, { ...page(2), colour: 'red' })).status).toBe(400);
    const [limit, offset, after] =
      route === 'flat' ? ['limit', 'offset', 'after'] : ['page[size]', 'page[from]', 'page[after]'];
    for (const size of [0, -1, 1.5, '', 'x', true, [2], { a: 2 }]) {
      expect((await post(path, page(size))).body.parameter).toBe(limit);
    }
    // JSON has no Infinity, but its parser makes one.
    const infinite = JSON.stringify(page('huge')).replace('"huge"', '1e999');
    expect((await post(path, infinite)).body.parameter).toBe(limit);
    expect((await post(path, page(1, 10_001))).body.parameter).toBe(offset);
    expect((await post(path, page(1, undefined, 'forged'))).body.parameter).toBe(after);
    expect((await post(path, page(1, 1, 'forged'))).body.parameter).toBe(after);
    // The query is not the body.
    expect(idsOf(await post(`${path}?limit=1&page[size]=1`, page(2)))).toEqual([0, 1]);
  });

  it('is the first one if there is no body, or none with parameters', async () => {
    const { url } = await start([BoundedController]);
    for (const [body, left] of [
      [undefined, undefined],
      [{}, {}],
      [[], []],
      [{ limit: null }, {}],
      [{ offset: null, text: 'a' }, { text: 'a' }],
    ]) {
      const answer = await post(`${url}/bounded/loose`, body);
      expect([answer.status, answer.body.items], JSON.stringify(body)).toEqual([200, [0, 1, 2, 3, 4]]);
      if (body !== undefined) expect(answer.body).toMatchObject({ body: left });
    }
    for (const [text, type] of [
      ['text', 'text/plain'],
      ['limit=x', 'text/plain'],
      ['{"limit":', 'application/json'],
      ['null', 'application/json'],
      ['"text"', 'application/json'],
    ] as const) {
      expect((await post(`${url}/bounded/loose`, text, type)).status, text).toBeLessThan(500);
    }
  });

  it('of a form is read, too', async () => {
    const { url } = await start([BoundedController]);
    const form = 'application/x-www-form-urlencoded';
    const answer = await post(`${url}/bounded/flat`, 'limit=2&text=a', form);
    expect([answer.status, answer.body.items]).toEqual([
      200,
      [0, 1].map((id) => ({ id, search: { text: 'a' } })),
    ]);
  });

  it('cannot change prototypes', async () => {
    const { url } = await start([BoundedController]);
    const text =
      '{"limit":2,"page":{"__proto__":{"size":1},"constructor":{"prototype":{"size":1}}},"__proto__":{"polluted":1,"offset":3}}';
    for (const route of ['flat', 'nested', 'loose']) {
      const answer = await post(`${url}/bounded/${route}`, text);
      // Fastify refuses such a body.
      expect([200, 400]).toContain(answer.status);
      if (answer.status === 200) expect(answer.body.items).toHaveLength(route === 'nested' ? 5 : 2);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('is read with a global interceptor', async () => {
    const { url } = await startApp(
      adapter,
      [OpenController],
      {},
      {
        providers: [{ provide: APP_INTERCEPTOR, useClass: PaginationInterceptor }],
        prepare: (app) => void app.useGlobalPipes(STRICT),
      },
    );
    const answer = await post(`${url}/open/flat`, { limit: 2, offset: 1, text: 'a' });
    expect([answer.status, idsOf(answer)]).toEqual([200, [1, 2]]);
  });

  it('is read without an interceptor, which leaves the body as it is', async () => {
    const { url } = await start([OpenController]);
    const answer = await post(`${url}/open/loose`, { limit: 2, offset: 1, text: 'a' });
    expect(answer).toMatchObject({
      status: 200,
      body: { items: [1, 2, 3], body: { limit: 2, offset: 1, text: 'a' } },
    });
    for (const limit of ['0', '"x"', 'true', '[1]', '1e999']) {
      expect((await post(`${url}/open/loose`, `{"limit":${limit}}`)).body.parameter, limit).toBe('limit');
    }
    expect(idsOf(await post(`${url}/open/flat`, { limit: 1e17 }))).toHaveLength(10);
  });

  it('has no link, also in an envelope', async () => {
    const { url } = await startApp(adapter, [BoundedController], {
      pagination: { envelope: ({ items, links }) => ({ items, links }) },
    });
    const answer = await post(`${url}/bounded/flat`, { limit: 2, offset: 2 });
    expect(answer).toMatchObject({
      status: 200,
      link: null,
      body: { links: { first: null, prev: null, next: null, last: null } },
    });
  });
});

it('The boot refuses a page of the body where requests have none, since caches ignore a body of GET', async () => {
  @Controller()
  class BodilessController {
    @Get('get')
    get(@Paginate({ from: 'body' }) page: PageRequest) {
      return page;
    }

    @All('all')
    all(@Paginate({ from: 'body' }) page: PageRequest) {
      return page;
    }

    @Put('put')
    put(@Paginate({ from: 'body' }) page: PageRequest) {
      return page;
    }
  }
  const boot = startApp('express', [BodilessController]);
  await expect(boot).rejects.toThrow(ConfigDefinitionError);
  await expect(boot).rejects.toThrow(
    /^BodilessController\.get: @Paginate\(\{ from: 'body' \}\) needs .*\nBodilessController\.all: [^\n]*$/,
  );
});
