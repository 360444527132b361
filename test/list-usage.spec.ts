import { Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  PageSize,
  Paginate,
  PaginationInterceptor,
  Unpaginated,
  type PageRequest,
} from 'nestjs-production-config';
import { listsOf } from '../src/module/lists-of.js';
import { PageRoutes } from '../src/pagination/index.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

@Controller('orders')
@UseInterceptors(PaginationInterceptor)
class OrdersController {
  @Get()
  @PageSize(20, { max: 60 })
  list(@Paginate({ sort: ['id'], maxOffset: 500 }) page: PageRequest<[number]>) {
    return rows(page.take);
  }

  @Get('all')
  all() {
    return rows(500);
  }

  @Get('export')
  @Unpaginated()
  exported() {
    return rows(500);
  }
}

@Controller('bare')
class BareController {
  @Post('search')
  search(@Paginate({ from: 'body', params: { limit: 'size', page: 'page' } }) page: PageRequest) {
    return rows(page.limit);
  }

  @Get('health')
  health() {
    return 'ok';
  }
}

describe.each(ADAPTERS)('the report of the lists on %s', (adapter) => {
  const start = async (env = {}) => {
    const { app, url } = await startApp(adapter, [OrdersController, BareController], { env });
    const lists = () =>
      listsOf(app.get(ModulesContainer), app.get(ApplicationConfig), app.get(PageRoutes)).routes;
    return { url, lists, list: (name: string) => lists().find((route) => route.name === name) };
  };
  const untouched = { overruns: 0, reduced: 0, refused: 0 };

  it('names each paged route with its limits and parameters, before the first request', async () => {
    const { lists } = await start({ PAGE_SIZE: '30', MAX_PAGE_SIZE: '90' });
    const byApplication = { pageSize: 30, maxPageSize: 90, maxOffset: 10_000, from: 'query' };
    expect(lists()).toEqual([
      {
        name: 'OrdersController.list',
        pageSize: 20,
        maxPageSize: 60,
        maxOffset: 500,
        parameters: ['limit', 'offset', 'after'],
        from: 'query',
        isUnpaginated: false,
        isBounded: true,
        ...untouched,
      },
      {
        name: 'OrdersController.all',
        ...byApplication,
        parameters: ['limit', 'offset'],
        isUnpaginated: false,
        isBounded: true,
        ...untouched,
      },
      {
        name: 'OrdersController.exported',
        ...byApplication,
        parameters: ['limit', 'offset'],
        isUnpaginated: true,
        isBounded: false,
        ...untouched,
      },
      {
        name: 'BareController.search',
        ...byApplication,
        from: 'body',
        parameters: ['size', 'page'],
        isUnpaginated: false,
        isBounded: undefined,
        ...untouched,
      },
    ]);
  });

  it('counts the lists that were too long', async () => {
    const { url, list } = await start();
    for (let times = 0; times < 3; times++) await fetch(`${url}/orders/all`);
    await fetch(`${url}/orders`);
    await fetch(`${url}/orders/export`);
    expect(list('OrdersController.all')).toMatchObject({ overruns: 3, reduced: 0, refused: 0 });
    expect(list('OrdersController.list')).toMatchObject(untouched);
    expect(list('OrdersController.exported')).toMatchObject(untouched);
  });

  it('counts the limits that were reduced, and the requests that were refused', async () => {
    const { url, list } = await start();
    for (const limit of ['60', '61', '5000', '20']) await fetch(`${url}/orders?limit=${limit}`);
    expect(list('OrdersController.list')).toMatchObject({ reduced: 2, refused: 0 });
    for (const query of ['limit=x', 'offset=501', 'after=x'])
      expect((await readAnswer(`${url}/orders?${query}`)).status).toBe(400);
    expect(list('OrdersController.list')).toMatchObject({ reduced: 2, refused: 3 });
  });

  it('says that a list is not bounded once a request showed it', async () => {
    const { url, list } = await start();
    await fetch(`${url}/bare/search`, { method: 'POST' });
    expect(list('BareController.search')).toMatchObject({ isBounded: false });
  });
});
