import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

interface Row {
  readonly id: bigint;
  readonly at: string;
}

const ROWS: readonly Row[] = Array.from({ length: 25 }, (_, n) => ({
  id: BigInt(n) + 9_007_199_254_740_993n,
  at: `2026-01-01 00:00:00.${String(100_000 + Math.floor(n / 4))}+00`,
}));

/** The result of `WHERE (at, id) > (...) ORDER BY at, id LIMIT take OFFSET offset`. */
function select({ after, take, offset }: PageRequest<[string, bigint]>): Row[] {
  const rows = ROWS.filter(({ at, id }) => !after || at > after[0] || (at === after[0] && id > after[1]));
  return rows.slice(offset, offset + take);
}

const json = ({ id, at }: Row) => ({ id: String(id), at });

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get()
  list(@Paginate({ sort: ['at', 'id'] }) page: PageRequest<[string, bigint]>) {
    return Page.of(select(page), page, ({ at, id }) => [at, id]).map(json);
  }

  @Get('other')
  other(@Paginate({ sort: ['at', 'id'] }) page: PageRequest<[string, bigint]>) {
    return this.list(page);
  }

  @Get('reversed')
  reversed(@Paginate({ sort: ['at:desc', 'id:desc'] }) page: PageRequest<[string, bigint]>) {
    return this.list(page);
  }

  @Get('counted')
  counted(@Paginate() page: PageRequest) {
    const rows = ROWS.slice(page.offset, page.offset + page.take).map(json);
    return Page.of(rows, page, { total: ROWS.length });
  }
}

interface Body {
  readonly items: readonly { readonly id: string }[];
  readonly page: { readonly limit: number; readonly hasMore: boolean; readonly next: string | null };
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('a walk by cursor returns each row once', async () => {
    const { url } = await startApp(adapter, [RowsController]);
    const ids: string[] = [];
    let target: string | undefined = '?limit=7';
    while (target !== undefined) {
      const response: Response = await fetch(`${url}/rows${target}`);
      expect(response.status).toBe(200);
      const body = (await response.json()) as Body;
      ids.push(...body.items.map(({ id }) => id));
      target = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
      expect(body.page.hasMore).toBe(target !== undefined);
      expect(body.page.next).toBe(target === undefined ? null : new URLSearchParams(target).get('after'));
    }
    expect(ids).toEqual(ROWS.map(({ id }) => String(id)));
  });

  it('a page by offset has no cursor, and has a total if the handler counted', async () => {
    const { url } = await startApp(adapter, [RowsController]);
    const response = await fetch(`${url}/rows/counted?limit=10&offset=10`);
    expect(response.headers.get('link')).toBe('<?limit=10&offset=20>; rel="next"');
    expect(((await response.json()) as Body).page).toEqual({
      limit: 10,
      hasMore: true,
      next: null,
      total: 25,
    });
  });

  it('a cursor of another list or another order is refused', async () => {
    const { url } = await startApp(adapter, [RowsController]);
    const { page } = (await (await fetch(`${url}/rows?limit=2`)).json()) as Body;
    for (const path of ['other', 'reversed']) {
      expect((await fetch(`${url}/rows/${path}?after=${page.next}`)).status).toBe(400);
    }
  });

  it('the Link of a page by cursor preserves the other parameters and drops the offset', async () => {
    const { url } = await startApp(adapter, [RowsController]);
    const response = await fetch(`${url}/rows?q=a%20b&tag=x&limit=2&tag=y%26z&offset=4&r=%00`);
    const { page } = (await response.json()) as Body;
    const link = `<?limit=2&after=${page.next}&q=a%20b&tag=x&tag=y%26z&r=%00>; rel="next"`;
    expect(response.headers.get('link')).toBe(link);
    const target = /^<(.*)>/.exec(link)![1]!;
    const second = (await (await fetch(`${url}/rows${target}`)).json()) as Body;
    expect(second.items.map(({ id }) => id)).toEqual(ROWS.slice(6, 8).map(({ id }) => String(id)));
  });

  it('`after` is left to the application if the list has no sort', async () => {
    const { url } = await startApp(adapter, [RowsController]);
    for (const after of ['', '2026-01-01', 'x&after=y']) {
      const response = await fetch(`${url}/rows/counted?limit=5&offset=5&after=${after}`);
      expect(response.status).toBe(200);
      expect(((await response.json()) as Body).items[0]?.id).toBe(String(ROWS[5]!.id));
    }
  });
});
