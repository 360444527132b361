import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider, Type } from '@nestjs/common';
import { drizzle, NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OrdersByCustomerController } from './orms/by-customer.orders.js';
import { OrdersController as DrizzleOrders } from './orms/drizzle.orders.js';
import { OrdersController as KyselyOrders } from './orms/kysely.orders.js';
import { Order } from './orms/order.entity.js';
import { OrdersController as PgOrders } from './orms/pg.orders.js';
import { OrdersController as PrismaOrders } from './orms/prisma.orders.js';
import { PrismaService } from './orms/prisma.service.js';
import { ShippedOrdersController } from './orms/shipped.orders.js';
import { OrdersController as TypeormOrders } from './orms/typeorm.orders.js';
import { ADAPTERS, startApp, type Adapter } from './support/http-app.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT } from './support/run.js';

const FILES = join(ROOT, 'test/orms');
// The rows cross the end of daylight saving time in New York, when local times repeat.
const CLOCK_CHANGE = '2025-11-02 05:59:59.99999+00';
const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham'];
const CUSTOMERS = 40;
/** Sends the execution plan of each query to the client. */
const EXPLAIN =
  '-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 ' +
  '-c auto_explain.log_analyze=on -c auto_explain.log_level=notice';

/** A list of docs/orms.md with its provider. It has one connection, so that tests can set session settings. */
interface List {
  readonly controller: Type;
  readonly path?: string;
  readonly order?: string;
  readonly index?: string;
  readonly passesOver?: number;
  open(config: { connectionString: string; max: 1; options: string }): Promise<[pool: Pool, Provider]>;
}

const withPool: List['open'] = async (config) => {
  const pool = new Pool(config);
  // `end()` does not wait for connections to close, so a stopping server can still cause an error.
  pool.on('error', () => undefined);
  onTestFinished(() => pool.end());
  return [pool, { provide: Pool, useValue: pool }];
};

const LISTS: Readonly<Record<string, List>> = {
  'raw SQL': { controller: PgOrders, open: withPool },
  Kysely: {
    controller: KyselyOrders,
    async open(config) {
      const [pool] = await withPool(config);
      return [pool, { provide: Kysely, useValue: new Kysely({ dialect: new PostgresDialect({ pool }) }) }];
    },
  },
  TypeORM: {
    controller: TypeormOrders,
    async open({ connectionString, max, options }) {
      const source = new DataSource({
        type: 'postgres',
        url: connectionString,
        entities: [Order],
        extra: { max, options },
      });
      await source.initialize();
      onTestFinished(() => source.destroy());
      return [
        (source.driver as unknown as { master: Pool }).master,
        { provide: DataSource, useValue: source },
      ];
    },
  },
  Drizzle: {
    controller: DrizzleOrders,
    async open(config) {
      const [pool] = await withPool(config);
      return [pool, { provide: NodePgDatabase, useValue: drizzle(pool) }];
    },
  },
  "Prisma's SQL": {
    controller: PrismaOrders,
    async open(config) {
      const [pool] = await withPool(config);
      return [pool, { provide: PrismaService, useValue: new PrismaService(pool) }];
    },
  },
  'mixed directions': {
    controller: OrdersByCustomerController,
    path: 'orders/by-customer',
    order: 'customer_id, id DESC',
    index: 'orders_by_customer',
    passesOver: 20_000 / CUSTOMERS,
    open: withPool,
  },
  'a nullable column': {
    controller: ShippedOrdersController,
    path: 'orders/shipped',
    order: 'shipped_at DESC NULLS LAST, id DESC',
    index: 'orders_shipped',
    open: withPool,
  },
};

describe('docs/orms.md', () => {
  const page = readFileSync(join(ROOT, 'docs/orms.md'), 'utf8');
  const blocks = Array.from(page.matchAll(/^```(?:ts|sql)\n([^]*?)^```$/gm), ([, block]) => block);
  const files = readdirSync(FILES).filter((file) =>
    /\.(?:orders|database|entity|table)\.ts$|\.sql$/.test(file),
  );

  it.each(files)('prints %s as the tests run it', (file) => {
    const source = readFileSync(join(FILES, file), 'utf8');
    const printed = source.replaceAll(
      /^import .* from '(?:@nestjs\/common|nestjs-production-config)';\n/gm,
      '',
    );
    expect(blocks).toContain(printed.trimStart());
  });
});

describeWithServer('on PostgreSQL', startPostgres, (server) => {
  describe.each(Object.entries(LISTS))('%s', (_name, list) => {
    describe.each(ADAPTERS)('on %s', (adapter) => {
      it.each([
        [1, 40],
        [7, 101],
        [100, 201],
      ])('a walk with a limit of %i returns each row once, in order', async (limit, rows) => {
        const { url, pool, ids } = await start(list, adapter, server(), rows);
        const seen: number[] = [];
        let target: string | undefined = `?limit=${limit}`;
        for (let pages = 0; target !== undefined; pages++) {
          await pool.query(`SET TimeZone = '${ZONES[pages % ZONES.length]}'`);
          const page = await get(url + target);
          seen.push(...page.ids);
          target = page.next;
        }
        expect(seen).toEqual(ids);
      });

      it('a client that sends an offset gets its page, and can continue by cursor', async () => {
        const { url, ids } = await start(list, adapter, server(), 101);
        const page = await get(`${url}?limit=10&offset=30`);
        expect(page.ids).toEqual(ids.slice(30, 40));
        expect((await get(url + page.next)).ids).toEqual(ids.slice(40, 50));
      });

      it('a forged cursor is refused', async () => {
        const { url } = await start(list, adapter, server(), 101);
        const { next } = await get(`${url}?limit=2`);
        const [key, signature] = new URLSearchParams(next).get('after')!.split('.');
        const forged = Buffer.from(Buffer.from(key!, 'base64url').toString().replace(/\d/, '3'));
        const response = await fetch(`${url}?after=${forged.toString('base64url')}.${signature}`);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ parameter: 'after' });
      });
    });

    it.each([
      ['with a custom plan', 'force_custom_plan'],
      ['with a generic plan', 'force_generic_plan'],
    ])('the first page and a deep page are read from the index, %s', async (_planned, mode) => {
      const { url, pool, plans, ids } = await start(list, 'express', server(), 20_000);
      await pool.query(`SET plan_cache_mode = ${mode}`);
      const { next } = await get(`${url}?limit=10&offset=9000`);
      plans.length = 0;
      await get(`${url}?limit=10`);
      expect((await get(url + next)).ids).toEqual(ids.slice(9010, 9020));
      expect(plans).toHaveLength(2);
      for (const plan of plans) {
        expect(plan).toContain(`using ${list.index ?? 'orders_newest'} on`);
        expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap/);
        // The query filters out no rows, except those of one customer where that is unavoidable.
        expect(Number(/Removed by Filter: (\d+)/.exec(plan)?.[1] ?? 0)).toBeLessThan(list.passesOver ?? 1);
      }
    });
  });

  it('the other queries that the page warns about read or sort more rows', async () => {
    const [pool] = await withPool({ connectionString: server().url, max: 1, options: '' });
    await fill(pool, 20_000);
    const explain = async (sql: string) => {
      const { rows } = await pool.query<Record<string, string>>(`EXPLAIN ANALYZE ${sql} LIMIT 11`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const row = await pool.query<{ at: string; id: string; customer: number }>(
      `SELECT created_at::text AS at, id, customer_id AS customer
         FROM orders ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET 9000`,
    );
    const { at, id, customer } = row.rows[0]!;
    const newest = 'ORDER BY orders.created_at DESC, id DESC';
    const expanded = `created_at < '${at}' OR (created_at = '${at}' AND id < ${id})`;
    expect(await explain(`SELECT id FROM orders WHERE ${expanded} ${newest}`)).toContain(
      'Rows Removed by Filter: 9001',
    );
    const bounded = `created_at <= '${at}' AND (created_at < '${at}' OR id < ${id})`;
    expect(await explain(`SELECT id FROM orders WHERE ${bounded} ${newest}`)).not.toMatch(
      /Removed by Filter: \d\d/,
    );
    const unnamed = await explain(
      'SELECT id, created_at::text FROM orders ORDER BY created_at DESC, id DESC',
    );
    expect(unnamed).toMatch(/Sort Key: .*::text/);

    await pool.query('CREATE INDEX negated ON orders (customer_id, (-id))');
    const negated = `(customer_id, -id) > (${customer}, -${id}::bigint)`;
    const plan = await explain(`SELECT id FROM orders WHERE ${negated} ORDER BY customer_id, -id`);
    expect(plan).toContain('using negated on');
    expect(plan).not.toMatch(/Sort|Removed/);
  });
});

async function start(list: List, adapter: Adapter, { url: connectionString }: PostgresServer, rows: number) {
  const [pool, provider] = await list.open({ connectionString, max: 1, options: EXPLAIN });
  const plans: string[] = [];
  await fill(pool, rows);
  const { rows: sorted } = await pool.query<{ id: string }>(
    `SELECT id FROM orders ORDER BY ${list.order ?? 'created_at DESC, id DESC'}`,
  );
  pool.on('acquire', (client) => {
    if (client.listenerCount('notice') > 0) return;
    client.on('notice', ({ message }) => plans.push(String(message)));
  });
  const { url } = await startApp(adapter, [list.controller], {}, { providers: [provider] });
  return { url: `${url}/${list.path ?? 'orders'}`, pool, plans, ids: sorted.map(({ id }) => Number(id)) };
}

/** Inserts three rows per microsecond, in random order of their ids; one row in four has not been shipped. */
async function fill(pool: Pool, rows: number): Promise<void> {
  const tables = readdirSync(FILES)
    .filter((file) => file.endsWith('.sql'))
    .toSorted((a) => (a === 'orders.sql' ? -1 : 1));
  await pool.query(`DROP TABLE IF EXISTS orders;
    ${tables.map((file) => readFileSync(join(FILES, file), 'utf8')).join('')}
    INSERT INTO orders (customer_id, total, created_at, shipped_at)
    SELECT n % ${CUSTOMERS}, n, at, CASE WHEN n % 4 > 0 THEN at + interval '1 day' END
      FROM generate_series(0, ${rows - 1}) AS n, 
           LATERAL (SELECT timestamptz '${CLOCK_CHANGE}' + n / 3 * interval '1 microsecond' AS at) AS t
     ORDER BY md5(n::text);
    ANALYZE orders`);
}

async function get(url: string): Promise<{ ids: number[]; next: string | undefined }> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const { items } = (await response.json()) as { items: { id: string | number }[] };
  const next = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  return { ids: items.map(({ id }) => Number(id)), next };
}
