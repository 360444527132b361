import { Controller, Get, UseInterceptors, VersioningType, type INestApplication } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  PageRequestError,
  Paginate,
  PaginationInterceptor,
  type CursorValue,
  type PageRequest,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { cursorOf, keyIn } from './support/page-cursors.js';

const [B, C] = OTHER_KEYS;
const keys = ringOf(SECRET_KEY);
const orders = { keys, list: 'orders', sort: ['at:desc', 'id:desc'] };

const ids = Array.from({ length: 9 }, (_, id) => id);
const pageOf = (page: PageRequest<[number]>) =>
  Page.of(
    ids.filter((id) => !page.after || id > page.after[0]).slice(page.offset, page.offset + page.take),
    page,
    (id) => [id],
  );

@UseInterceptors(PaginationInterceptor)
class ListController {
  @Get()
  list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return pageOf(page);
  }
}

@Controller('cats')
class CatsController extends ListController {
  @Get('tame')
  tame(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return pageOf(page);
  }

  @Get('reversed')
  reversed(@Paginate({ sort: ['id:desc'] }) page: PageRequest<[number]>) {
    return pageOf(page);
  }

  @Get(['young', 'old'])
  byAge(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return pageOf(page);
  }
}

@Controller('dogs')
class DogsController extends ListController {}

@Controller({ path: 'birds', version: ['1', '2'] })
class BirdsController extends ListController {}

@Controller('typed')
@UseInterceptors(PaginationInterceptor)
class TypedController {
  @Get()
  list(@Paginate({ sort: ['id:asc:bigint'] }) page: PageRequest<[bigint]>) {
    return Page.of([1n, 2n].slice(page.after ? 1 : 0), page, (id) => [id]).map(String);
  }
}

const refusalOf = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
};
const nextOf = async (url: string) => {
  const response = await fetch(`${url}?limit=1`);
  return ((await response.json()) as Page<unknown>).page.next!;
};

describe.each(ADAPTERS)('on %s', (adapter) => {
  const CONTROLLERS = [CatsController, DogsController, BirdsController];
  const prepare = (app: INestApplication) => {
    app.setGlobalPrefix('api');
    app.enableVersioning({ type: VersioningType.URI });
  };

  it('a cursor is valid only for the list that issued it', async () => {
    const { url } = await startApp(adapter, CONTROLLERS, {}, { prepare });
    const lists = [
      'cats',
      'cats/tame',
      'cats/reversed',
      'cats/young',
      'cats/old',
      'dogs',
      'v1/birds',
      'v2/birds',
    ].map((path) => `${url}/api/${path}`);
    for (const from of lists) {
      const next = await nextOf(from);
      for (const to of lists) {
        const { status } = await fetch(`${to}?after=${next}`);
        expect([from, to, status]).toEqual([from, to, from === to ? 200 : 400]);
      }
    }
  });

  it('an invalid cursor is always rejected with the same message', async () => {
    const { url } = await startApp(adapter, [CatsController, TypedController]);
    const next = await nextOf(`${url}/cats`);
    const list = { keys, list: '/cats', sort: ['id'] };
    expect(next).toBe(cursorOf([0], list));
    const wrong = {
      empty: '',
      malformed: 'x',
      cut: next.slice(0, -1),
      forged: `${Buffer.from('[5]').toString('base64url')}.${next.split('.')[1]}`,
      foreign: await nextOf(`${url}/cats/tame`),
      'of another order': cursorOf([0], { ...list, sort: ['id:desc'] }),
      'of another key': cursorOf([0], { ...list, keys: ringOf(B) }),
      'of two columns': cursorOf([0, 1], { ...list, sort: ['id', 'at'] }),
    };
    for (const [name, cursor] of Object.entries(wrong)) {
      expect([name, await refusalOf(`${url}/cats?after=${cursor}`)]).toEqual([
        name,
        {
          status: 400,
          body: {
            statusCode: 400,
            error: 'Bad Request',
            code: 'ERR_PAGE_REQUEST',
            parameter: 'after',
            message: 'after is not a valid cursor for this list; omit it to start at the first page',
          },
        },
      ]);
    }
    const outdated = cursorOf([1], { keys, list: '/typed', sort: ['id'] });
    expect(await refusalOf(`${url}/typed?after=${outdated}`)).toEqual(await refusalOf(`${url}/cats?after=x`));
    expect(await refusalOf(`${url}/cats?after=${next}&after=${next}`)).toEqual(
      await refusalOf(`${url}/cats?after=x`),
    );
  });

  it('existing cursors stay valid if a list starts to declare kinds', async () => {
    const { url } = await startApp(adapter, [TypedController]);
    const before = cursorOf([1n], { keys, list: '/typed', sort: ['id'] });
    expect(await nextOf(`${url}/typed`)).toBe(before);
    expect((await fetch(`${url}/typed?after=${before}`)).status).toBe(200);
  });

  it('a cursor stays valid during the rotation of its key, and becomes invalid once the key is retired', async () => {
    const start = async (...ring: string[]) =>
      (await startApp(adapter, [CatsController], { env: keyEnv(ring) })).url;
    const [before, during, retired] = [
      await start(SECRET_KEY, B),
      await start(B, SECRET_KEY),
      await start(B, C),
    ];
    const next = await nextOf(`${before}/cats`);
    expect((await fetch(`${during}/cats?after=${next}`)).status).toBe(200);
    expect((await fetch(`${retired}/cats?after=${next}`)).status).toBe(400);
    const renewed = await nextOf(`${during}/cats`);
    for (const url of [before, during, retired]) {
      expect((await fetch(`${url}/cats?after=${renewed}`)).status).toBe(200);
    }
  });

  it('a cursor cannot be combined with an offset', async () => {
    const { url } = await startApp(adapter, [CatsController]);
    const next = await nextOf(`${url}/cats`);
    for (const query of [`after=${next}&offset=0`, `offset=3&after=${next}`]) {
      const { status, body } = await refusalOf(`${url}/cats?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ parameter: 'after', message: 'after cannot be combined with offset' });
    }
  });
});

/** Any JavaScript string, including lone surrogates. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('', '\0', '{"bigint":"5"}', '__proto__', ',', '.', '-0', 'NaN', '\u2028'),
);
const value: fc.Arbitrary<CursorValue> = fc.oneof(
  anyText,
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(NaN, Infinity, -Infinity, 0, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53),
  fc.bigInt(),
  fc.bigInt({ min: -(10n ** 400n), max: 10n ** 400n }),
  fc.boolean(),
  fc.constant(null),
);

describe('the key of a row', () => {
  const sortOf = (count: number) => Array.from({ length: count }, (_, column) => `c${column}`);

  it('is read back unchanged from its cursor', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        // The first value differs from that of the next row, for any other values.
        const key = [1, ...values.map((one) => (Object.is(one, -0) ? 0 : one))];
        const scope = { keys, list: 'any', sort: sortOf(key.length) };
        const cursor = cursorOf([1, ...values], scope);
        expect(cursor).toMatch(/^[\w-]+\.[\w-]{43}$/);
        const read = keyIn(cursor, scope)!;
        expect(read).toEqual(key);
        expect(read.every((one, index) => Object.is(one, key[index]))).toBe(true);
        expect(Object.isFrozen(read)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('contains 0 in place of -0, which are equal to a database', () => {
    const scope = { keys, list: 'any', sort: ['a', 'b'] };
    expect(Object.is(keyIn(cursorOf([1, -0], scope), scope)![1], 0)).toBe(true);
  });

  it('must have the columns of the sort, and the declared kinds', () => {
    const typed = (kind: string) => ({ keys, list: 'any', sort: [`id:asc:${kind}`] });
    const values = { string: 'a', number: 1, bigint: 1n, boolean: true } as const;
    for (const [kind, own] of Object.entries(values)) {
      expect(keyIn(cursorOf([own], typed(kind)), typed(kind))).toEqual([own]);
      for (const other of Object.keys(values).filter((name) => name !== kind)) {
        expect(() => keyIn(cursorOf([own], typed(kind)), typed(other))).toThrow(PageRequestError);
        expect(() => cursorOf([own], typed(other))).toThrow(`is not a ${other}: a ${kind}`);
      }
    }
    const nullable = { keys, list: 'any', sort: ['at:desc:string', 'id'] };
    const nothing = cursorOf([1, 2], { ...nullable, sort: ['at:desc', 'id'] });
    expect(() => keyIn(nothing, nullable)).toThrow(PageRequestError);
    expect(keyIn(cursorOf(['x', null], nullable), nullable)).toEqual(['x', null]);
  });
});

describe('a sort', () => {
  it('is the same order with and without explicit directions', () => {
    const cursor = cursorOf(['2026', 7], orders);
    const spelled = { ...orders, sort: ['at:desc:string', 'id:desc:number'] };
    expect(keyIn(cursor, spelled)).toEqual(['2026', 7]);
    const ascending = { ...orders, sort: ['id'] };
    expect(keyIn(cursorOf([7], ascending), { ...orders, sort: ['id:asc'] })).toEqual([7]);
  });

  it.each([
    [['a:up']],
    [['a:ASC']],
    [['a:desc:Date']],
    [['a:asc:']],
    [['a:asc:string:x']],
    [['']],
    [[':desc']],
    [['a,b']],
    [['a b']],
    [['a', 'a']],
    [['a', 'a:desc']],
    [['a:asc:number', 'a:asc:string']],
    [[]],
  ])('%j is rejected at definition', (sort) => {
    expect(() => Paginate({ sort })).toThrow(ConfigDefinitionError);
    expect(() => cursorOf([1], { ...orders, sort })).toThrow(ConfigDefinitionError);
  });

  it('is quoted in an error that shows the syntax if it is invalid', () => {
    expect(() => Paginate({ sort: ['id', 'a:up'] })).toThrow(/'a:up' must be .*'created_at:desc'/);
  });
});
