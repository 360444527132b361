import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DATABASES } from './support/databases.js';
import { ExampleProcess } from './support/example-process.js';
import {
  idsOf,
  nextPath,
  type OrdersPage,
  PRODUCTION,
  range,
  startExample,
} from './support/example-service.js';
import { describeWithServer } from './support/real-server.js';

interface Health {
  readonly cache: { readonly hits: number; readonly misses: number; readonly entries: number };
}

for (const [name, startDatabase] of Object.entries(DATABASES)) {
  describeWithServer(
    `the example on ${name}`,
    () => startExample(startDatabase),
    (server) => {
      const get = (path: string) => server().example.get(path);

      it('returns 100 products to a request without a limit', async () => {
        const response = await get('/products');
        expect(response.status).toBe(200);
        expect(idsOf(await response.json())).toEqual(range(1, 100));
        expect(response.headers.get('link')).toBe('<?limit=100&offset=100>; rel="next"');
      });

      it('returns the requested page, with a Link to the next one', async () => {
        const response = await get('/products?limit=7&offset=14');
        expect(idsOf(await response.json())).toEqual(range(15, 21));
        expect(response.headers.get('link')).toBe('<?limit=7&offset=21>; rel="next"');
      });

      it('returns every page along the Link headers, up to the last page, which has none', async () => {
        const pages: number[][] = [];
        let path: string | undefined = '/products?limit=40&offset=4900';
        while (path !== undefined && pages.length < 10) {
          const response = await get(path);
          pages.push(idsOf(await response.json()));
          path = nextPath(response);
        }
        expect(pages).toEqual([range(4901, 4940), range(4941, 4980), range(4981, 5000)]);
      });

      it('sends no Link to an empty page', async () => {
        const response = await get('/products?limit=50&offset=4950');
        expect(idsOf(await response.json())).toHaveLength(50);
        expect(response.headers.get('link')).toBeNull();
      });

      it('reduces a limit above the maximum to the maximum', async () => {
        const response = await get('/products?limit=1000000');
        expect(idsOf(await response.json())).toEqual(range(1, 100));
      });

      it.each([
        ['limit', 'limit=abc'],
        ['limit', 'limit=0'],
        ['limit', 'limit=-5'],
        ['limit', 'limit=1&limit=2'],
        ['offset', 'offset=1e3'],
        ['offset', 'offset='],
      ])('names %s in the 400 response to ?%s', async (parameter, query) => {
        const response = await get(`/products?${query}`);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ parameter, code: 'ERR_PAGE_REQUEST' });
      });

      it('reads a page of products once, and then serves it from the cache with the same Link header', async () => {
        const answers: unknown[] = [];
        for (const query of ['limit=100&offset=4700', 'offset=4700', 'offset=4700&limit=1000000']) {
          const response = await get(`/products?${query}`);
          expect(idsOf(await response.json())).toEqual(range(4701, 4800));
          expect(response.headers.get('cache-control')).toBe('public, max-age=60');
          answers.push([response.headers.get('x-cache'), response.headers.get('link')]);
        }
        const link = '<?limit=100&offset=4800>; rel="next"';
        expect(answers).toEqual([
          ['MISS', link],
          ['HIT', link],
          ['HIT', link],
        ]);
      });

      it('returns the microseconds of an order, and each order of the same timestamp once', async () => {
        const { items } = (await (await get('/orders?limit=8')).json()) as OrdersPage;
        expect(items.map(({ createdAt }) => createdAt)).toEqual([
          ...Array<string>(4).fill('2025-12-24T05:02:42.707109Z'),
          ...Array<string>(4).fill('2025-12-24T04:42:08.139218Z'),
        ]);
        expect(new Set(idsOf(items)).size).toBe(8);
      });

      it('returns 20 orders to a request without a limit, and at most 100', async () => {
        for (const [query, rows] of [
          ['', 20],
          ['?limit=1000000', 100],
        ] as const) {
          const { items } = (await (await get(`/orders${query}`)).json()) as OrdersPage;
          expect(items).toHaveLength(rows);
        }
      });

      it('returns 400 for a changed cursor', async () => {
        const { page } = (await (await get('/orders')).json()) as OrdersPage;
        const [key = '', signature = ''] = page.next!.split('.');
        const text = Buffer.from(key, 'base64url').toString();
        const changed = Buffer.from(text.replace('2025-', '2024-')).toString('base64url');
        for (const after of [`${changed}.${signature}`, key, `${key}.`, '']) {
          const response = await get(`/orders?after=${after}`);
          expect(response.status).toBe(400);
          expect(await response.json()).toMatchObject({ parameter: 'after', code: 'ERR_PAGE_REQUEST' });
        }
        expect((await get(`/orders?after=${key}.${signature}`)).status).toBe(200);
      });

      it('returns 400 for an offset above 10,000, and recommends cursors', async () => {
        expect((await get('/orders?offset=10000')).status).toBe(200);
        const response = await get('/orders?offset=10001');
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({
          parameter: 'offset',
          message: expect.stringMatching(/10000.*cursor \(after\)/),
        });
      });

      it('reads a product from the database once, and then from the cache', async () => {
        const before = await cacheOf(server().example);
        const first = await get('/products/42');
        const missed = await cacheOf(server().example);
        const second = await get('/products/42');
        const hit = await cacheOf(server().example);

        const product = await first.json();
        expect(product).toMatchObject({ id: 42, sku: 'SKU-00042', createdAt: '2025-01-02T18:00:00.000Z' });
        expect(await second.json()).toEqual(product);
        expect([missed.misses - before.misses, missed.hits - before.hits]).toEqual([1, 0]);
        expect([hit.misses - missed.misses, hit.hits - missed.hits]).toEqual([0, 1]);
      });

      it.each(['999999', '0', '-1', '2147483648', '99999999999999999999'])(
        'returns 404 for the absent product %s every time, and caches nothing',
        async (id) => {
          const before = await cacheOf(server().example);
          for (let attempt = 0; attempt < 3; attempt++) {
            expect((await get(`/products/${id}`)).status).toBe(404);
          }
          expect((await cacheOf(server().example)).entries).toBe(before.entries);
        },
      );

      it('returns 400 for an id that is not a number', async () => {
        expect((await get('/products/chair')).status).toBe(400);
      });

      it('cuts the response of the endpoint that reads everything to a page, and warns once', async () => {
        for (const [query, rows] of [
          ['', 100],
          ['', 100],
          ['?limit=5', 5],
        ] as const) {
          const response = await get(`/products/legacy${query}`);
          expect(idsOf(await response.json())).toEqual(range(1, rows));
          expect(response.headers.get('link')).toBeNull();
        }
        const warning = 'ProductsController.legacy returned 5000 rows for a page of 100';
        await vi.waitFor(() => expect(printed(server().example)).toContain(warning), { timeout: 30_000 });
        await delay(100);
        expect(printed(server().example).split('ProductsController.legacy returned')).toHaveLength(2);
      });

      // The last test: it ends the process.
      it('closes the database and exits on SIGTERM', async () => {
        const { example } = server();
        example.signal('SIGTERM');
        expect(await example.ended).toEqual({ code: 0, signal: null });
        expect(example.stdout).toMatch(/\[DatabaseModule\] Closed\n.*\[Shutdown\] Ended after \d+\.\d s\n$/);
        expect(example.stderr).toBe('');
      });
    },
  );
}

describe('the start of the example', () => {
  it('fails with exit code 78 and a report, before Nest starts, if SECRET_KEY is missing', async () => {
    const example = start({ NODE_ENV: 'production' });
    expect(await example.ended).toEqual({ code: 78, signal: null });
    expect(example.stdout).toBe('');
    expect(example.stderr).toMatch(
      /^Configuration rejected: 1 problem \(AppConfig\)\n\n {2}SECRET_KEY +is missing\n/,
    );
    expect(example.stderr).toContain('npx nestjs-production-config keygen');
    expect(example.stderr).not.toContain('    at ');
  });

  it('reports all invalid settings at once, without their values', async () => {
    const example = start({ ...PRODUCTION, PRODUCT_TTL_SECONDS: '0.77', PORT: 'port-value' });
    expect(await example.ended).toEqual({ code: 78, signal: null });
    expect(example.stderr).toContain('2 problems');
    expect(example.stderr).toMatch(/PORT .*\n[^]*PRODUCT_TTL_SECONDS /);
    expect(example.stderr).not.toMatch(/0\.77|port-value/);
  });

  it('succeeds without a key under NODE_ENV=development, and logs one line for each table that it fills', async () => {
    const example = await start({ NODE_ENV: 'development', CATALOGUE_NAME: 'My shop' }).listening();
    expect(example.stdout).toContain('My shop listens on ');
    expect(await (await example.get('/health')).json()).toMatchObject({ name: 'My shop' });
    expect(example.stdout.match(/^.*rows.*$/gm)).toEqual([
      expect.stringMatching(/ LOG \[Seed\] Filled \w+: ([\d,]+) of \1 rows$/),
      expect.stringMatching(/ LOG \[Seed\] Filled \w+: ([\d,]+) of \1 rows$/),
    ]);
  });
});

/** The example in a separate process, until the test ends. */
function start(env: Readonly<Record<string, string>>): ExampleProcess {
  const example = new ExampleProcess(env);
  onTestFinished(() => example.stop());
  return example;
}

async function cacheOf(example: ExampleProcess): Promise<Health['cache']> {
  const response = await example.get('/health');
  return ((await response.json()) as Health).cache;
}

function printed({ stdout, stderr }: ExampleProcess): string {
  return stdout + stderr;
}
