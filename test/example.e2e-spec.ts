import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DATABASES } from './support/databases.js';
import { ExampleProcess } from './support/example-process.js';
import { SECRET_KEY } from './support/keys.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { until } from './support/stalls.js';
import { hasTerminal, runOnTerminal } from './support/terminal.js';

interface Product {
  readonly id: number;
}

interface OrdersPage {
  readonly items: readonly { readonly id: number; readonly createdAt: string }[];
  readonly page: { readonly hasMore: boolean; readonly next: string | null };
}

interface Health {
  readonly cache: { readonly hits: number; readonly misses: number; readonly entries: number };
}

const PRODUCTION = { NODE_ENV: 'production', SECRET_KEY };

for (const [name, startDatabase] of Object.entries(DATABASES)) {
  const startService = async () => {
    const database = await startDatabase();
    if (database === undefined) return undefined;
    const env = { ...PRODUCTION, ...(database.url === undefined ? {} : { DATABASE_URL: database.url }) };
    const example = new ExampleProcess(env);
    const stop = async () => {
      await example.stop();
      await database.stop();
    };
    try {
      await example.listening();
    } catch (error) {
      await stop();
      throw error;
    }
    return { example, stop };
  };

  describeWithServer(`the example on ${name}`, startService, (server) => {
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

    it('returns each of 100,000 orders once, newest first, along the Link headers', async () => {
      const isSeen = new Set<number>();
      let last: readonly [createdAt: string, id: number] = ['~', 0];
      // Not a multiple of four: pages end between orders with the same timestamp.
      let path: string | undefined = '/orders?limit=99';
      while (path !== undefined) {
        const response = await get(path);
        const { items, page } = (await response.json()) as OrdersPage;
        for (const { createdAt, id } of items) {
          const isBehind = createdAt < last[0] || (createdAt === last[0] && id < last[1]);
          if (!isBehind) expect.fail(`${createdAt}, ${id} came behind ${last.join()}`);
          isSeen.add(id);
          last = [createdAt, id];
        }
        path = nextPath(response);
        if (page.hasMore !== (path !== undefined)) expect.fail('The Link header and hasMore differ');
      }
      expect(isSeen.size).toBe(100_000);
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
  });
}

/** Two instances, both of which reach the creation of each table before either can create it. */
async function startTogether() {
  const database = await startPostgres();
  if (database === undefined) return undefined;
  const holders = new Map<string, Client>();
  const both: ExampleProcess[] = [];
  const stop = async () => {
    await Promise.all(both.map((example) => example.stop()));
    await Promise.all([...holders.values()].map((holder) => holder.end()));
    await database.stop();
  };
  try {
    for (const table of ['products', 'orders', 'accounts']) {
      const holder = new Client(database.url);
      await holder.connect();
      holders.set(table, holder);
      await holder.query(`BEGIN; CREATE TABLE ${table} ()`);
    }
    for (let n = 0; n < 2; n++) both.push(new ExampleProcess({ ...PRODUCTION, DATABASE_URL: database.url }));
    const held = new Set(holders.values());
    const release = async () => {
      for (const holder of held) {
        // One waits for the creation, and the other for the first one.
        const { direct, all } = await waitingFor(holder);
        if (direct === 0 || all < 2) continue;
        held.delete(holder);
        await holder.query('ROLLBACK');
      }
      return held.size === 0;
    };
    await until(release, 60_000);
    await Promise.all(both.map((example) => example.listening()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: database.url, both, stop };
}

describeWithServer(
  'two instances that start on one PostgreSQL server at the same moment',
  startTogether,
  (server) => {
    it('fill the catalogue once', async () => {
      for (const example of server().both) {
        const response = await example.get('/products?limit=100&offset=4990');
        expect(idsOf(await response.json())).toEqual(range(4991, 5000));
      }
    });

    it('fill the orders once', async () => {
      const { rows } = await (
        await connect(server().url)
      ).query('SELECT count(*)::int AS orders FROM orders');
      expect(rows).toEqual([{ orders: 100_000 }]);
      const logs = server().both.map(({ stdout }) => stdout);
      expect(
        logs
          .join('')
          .match(/Filled \w+/g)
          ?.toSorted(),
      ).toEqual(['Filled orders', 'Filled products']);
    });

    it('create the accounts once', async () => {
      const statuses: number[] = [];
      for (const example of server().both) {
        const body = { name: 'ada', password: 'correct horse battery staple' };
        statuses.push((await example.send('POST', '/accounts', { body })).status);
      }
      expect(statuses).toEqual([201, 409]);
    });

    // The last test: it ends one of them.
    it('complete an in-flight request on SIGTERM before they close the database', async () => {
      const [example] = server().both as [ExampleProcess, ExampleProcess];
      const other = await connect(server().url);
      await other.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
      const answer = example.get('/products?limit=3');
      await until(async () => (await waitingFor(other)).direct === 1, 30_000);
      example.signal('SIGTERM');
      await vi.waitFor(() => expect(example.get('/health')).rejects.toThrow(), { timeout: 30_000 });
      await other.query('COMMIT');

      expect(idsOf(await (await answer).json())).toEqual([1, 2, 3]);
      expect(await example.ended).toEqual({ code: 0, signal: null });
    });
  },
);

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

  it.skipIf(!hasTerminal)('shows on a terminal how many rows of which table it has filled', async () => {
    const env = { NODE_ENV: 'development', PORT: '0' };
    const { output } = await runOnTerminal('.build/example/main.js', { env, until: ' listens on ' });
    expect(output).toContain('\r\u001b[KFilling products: 0 of 5,000 rows\r\u001b[K');
    expect(output).toContain('\r\u001b[KFilling orders: 45,000 of 100,000 rows\r\u001b[K');
  });
});

/** The example in a separate process, until the test ends. */
function start(env: Readonly<Record<string, string>>): ExampleProcess {
  const example = new ExampleProcess(env);
  onTestFinished(() => example.stop());
  return example;
}

async function connect(url: string): Promise<Client> {
  const client = new Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** How many connections to the same database wait for a lock, and how many of them for one of this client. */
async function waitingFor(client: Client): Promise<{ direct: number; all: number }> {
  // Within a transaction, the view would retain the state of its first read.
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ direct: boolean }>(
    `SELECT pg_backend_pid() = ANY(pg_blocking_pids(pid)) AS direct FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return { direct: rows.filter(({ direct }) => direct).length, all: rows.length };
}

function idsOf(rows: unknown): number[] {
  return (rows as Product[]).map(({ id }) => id);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The target of the Link header, which is relative to the URL of its page. */
function nextPath(response: Response): string | undefined {
  const target = /^<([^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  return target === undefined ? undefined : new URL(target, response.url).href;
}

async function cacheOf(example: ExampleProcess): Promise<Health['cache']> {
  const response = await example.get('/health');
  return ((await response.json()) as Health).cache;
}

function printed({ stdout, stderr }: ExampleProcess): string {
  return stdout + stderr;
}
