import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExternalContextCreator } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Test } from '@nestjs/testing';
import { EMPTY, lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  PageRequestError,
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  resolvePage,
  type PageRequest,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { startApp } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const LIMITS = { pageSize: 20, maxPageSize: 60 };
const orders = { keys: ringOf(SECRET_KEY), list: 'orders', sort: ['id'] };

describe('resolvePage(), the page of GraphQL arguments and of messages,', () => {
  it.each([
    [undefined, { limit: 20, take: 21, offset: 0 }],
    [null, { limit: 20, take: 21, offset: 0 }],
    ['text', { limit: 20, take: 21, offset: 0 }],
    [{}, { limit: 20, take: 21, offset: 0 }],
    [
      { limit: null, offset: null, after: null },
      { limit: 20, take: 21, offset: 0 },
    ],
    [
      { limit: 5, offset: 7 },
      { limit: 5, take: 6, offset: 7 },
    ],
    [
      { limit: '5', offset: '7' },
      { limit: 5, take: 6, offset: 7 },
    ],
    [{ limit: 1_000 }, { limit: 60, take: 61, offset: 0 }],
    [{ limit: Number.MAX_SAFE_INTEGER }, { limit: 60, take: 61, offset: 0 }],
    [{ offset: 10_000 }, { limit: 20, take: 21, offset: 10_000 }],
    [Object.assign(Object.create(null) as object, { limit: 3 }), { limit: 3, take: 4, offset: 0 }],
  ])('reads %j', (input, page) => {
    const read = resolvePage(input, LIMITS);
    expect(read).toEqual(page);
    expect(Object.isFrozen(read)).toBe(true);
  });

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: -1 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ limit: NaN }, 'limit'],
    [{ limit: Infinity }, 'limit'],
    [{ limit: true }, 'limit'],
    [{ limit: [5] }, 'limit'],
    [{ limit: { valueOf: () => 5 } }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ limit: 'x', offset: 'x' }, 'limit'],
    [{ offset: -1 }, 'offset'],
    [{ offset: 0.5 }, 'offset'],
    [{ offset: 10_001 }, 'offset'],
  ])('refuses %j with an error that names the argument', (input, parameter) => {
    const read = () => resolvePage(input, LIMITS);
    expect(read).toThrow(PageRequestError);
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_PAGE_REQUEST', parameter }));
  });

  it.each([
    { pageSize: 0, maxPageSize: 10 },
    { pageSize: 2.5, maxPageSize: 10 },
    { pageSize: 20, maxPageSize: 10 },
    { pageSize: 20, maxPageSize: 1_001 },
    { pageSize: NaN, maxPageSize: 10 },
    { pageSize: 10, maxPageSize: Infinity },
    { ...LIMITS, maxOffset: -1 },
    { ...LIMITS, maxOffset: 0.5 },
    { ...LIMITS, maxOffset: NaN },
    { ...LIMITS, maxOffset: Infinity },
  ])('takes no limits that bound nothing: %j', (limits) => {
    expect(() => resolvePage({}, limits)).toThrow(ConfigDefinitionError);
  });

  it('has the most an offset may be from the limits', () => {
    expect(resolvePage({ offset: 5 }, { ...LIMITS, maxOffset: 5 }).offset).toBe(5);
    expect(() => resolvePage({ offset: 6 }, { ...LIMITS, maxOffset: 5 })).toThrow('offset must be at most 5');
    expect(resolvePage({ offset: 0 }, { ...LIMITS, maxOffset: 0 }).offset).toBe(0);
  });

  it('reads a list by cursor', () => {
    const first = resolvePage<[bigint]>({ limit: 2, after: null }, LIMITS, orders);
    expect(first.after).toBeUndefined();
    const { page } = Page.of([5n, 6n, 7n], first, (id) => [id]);
    const second = resolvePage<[bigint]>({ limit: 2, after: page.next, offset: null }, LIMITS, orders);
    expect(second).toEqual({ limit: 2, take: 3, offset: 0, after: [6n] });
    expect(Object.isFrozen(second)).toBe(true);
    const others = [
      { ...orders, list: 'invoices' },
      { ...orders, sort: ['id:desc'] },
      { ...orders, keys: ringOf(OTHER_KEYS[0]) },
    ];
    for (const other of others) {
      expect(() => resolvePage({ after: page.next }, LIMITS, other)).toThrow(PageRequestError);
    }
    expect(() => resolvePage({ after: page.next, offset: 0 }, LIMITS, orders)).toThrow('after cannot be');
    for (const after of ['', 5, [page.next], { after: page.next }, false]) {
      expect(() => resolvePage({ after }, LIMITS, orders)).toThrow(PageRequestError);
    }
  });

  it('leaves `after` alone where the list has no cursors', () => {
    expect(resolvePage({ after: 'theirs' }, LIMITS)).toEqual({ limit: 20, take: 21, offset: 0 });
  });
});

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return page;
  }
}

describe.each(['graphql', 'rpc', 'ws'] as const)('under %s', (type) => {
  it('the interceptor lets everything pass', async () => {
    const { app, logger } = await startApp('express', [RowsController]);
    const interceptor = app.get(PaginationInterceptor, { strict: false });
    const context = new ExecutionContextHost(
      [{}, { limit: 'x' }],
      RowsController,
      RowsController.prototype.list,
    );
    context.setType<string>(type);
    const rows = Array.from({ length: 5_000 }, (_, id) => id);
    for (const value of [rows, { items: rows }, { data: rows }, null]) {
      expect(await lastValueFrom(interceptor.intercept(context, { handle: () => of(value) }))).toBe(value);
    }
    const seen: unknown[] = [];
    interceptor.intercept(context, { handle: () => of(1, 2, 3) }).subscribe((value) => seen.push(value));
    expect(seen).toEqual([1, 2, 3]);
    const empty = interceptor.intercept(context, { handle: () => EMPTY });
    expect(await lastValueFrom(empty, { defaultValue: 'none' })).toBe('none');
    expect(logger.of('warn')).toEqual([]);
  });

  it('@Paginate() says what to use there', async () => {
    const testing = await Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ env: keyEnv([SECRET_KEY]) })],
      providers: [RowsController],
    })
      .setLogger(new RecordingLogger())
      .compile();
    const resolver = testing.get(RowsController);
    // As the packages of other transports call a handler.
    const call = testing
      .get(ExternalContextCreator)
      .create(
        resolver,
        resolver.list as never,
        'list',
        ROUTE_ARGS_METADATA,
        { exchangeKeyForValue: () => null },
        undefined,
        undefined,
        undefined,
        type,
      );
    const answer = call({}, { limit: 5 });
    await expect(answer).rejects.toThrow(ConfigDefinitionError);
    await expect(answer).rejects.toThrow(/RowsController\.list: .*resolvePage\(\)/);
  });
});
