import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration, pushSchema } from 'drizzle-kit/api';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { DataSource, Entity, Index } from 'typeorm';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { Order } from './orms/order.entity.js';
import * as tables from './orms/orders.table.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT } from './support/run.js';

const sql = (name: string) => readFileSync(join(ROOT, 'test/orms', `${name}.sql`), 'utf8');

@Entity('orders')
@Index('orders_by_customer', { synchronize: false })
@Index('orders_shipped', { synchronize: false })
class OrderWithIndexes extends Order {}

describeWithServer('the schemas in docs/orms.md, on PostgreSQL', startPostgres, (server) => {
  let pool: Pool;

  beforeEach(async () => {
    pool = new Pool({ connectionString: server().url });
    pool.on('error', () => undefined);
    onTestFinished(() => pool.end());
    await pool.query('DROP TABLE IF EXISTS orders');
  });

  const typeorm = async (entity: typeof Order = Order) => {
    const source = new DataSource({ type: 'postgres', url: server().url, entities: [entity] });
    await source.initialize();
    onTestFinished(() => source.destroy());
    return source;
  };

  const indexes = async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_index JOIN pg_class ON indexrelid = oid
        WHERE indrelid = 'orders'::regclass AND NOT indisprimary ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };

  /** PostgreSQL's plan for the first page of a list that is long enough to use an index. */
  const plan = async () => {
    await pool.query(
      `INSERT INTO orders (customer_id, total, created_at)
       SELECT 1, n, now() + n * interval '1 second' FROM generate_series(1, 20000) AS n; ANALYZE orders`,
    );
    const { rows } = await pool.query<Record<'QUERY PLAN', string>>(
      `EXPLAIN SELECT id FROM orders WHERE (created_at, id) < ('infinity', '0')
        ORDER BY created_at DESC, id DESC LIMIT 11`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  it("TypeORM's synchronize and generated migrations do not change the table and index made by the SQL", async () => {
    await pool.query(sql('orders'));
    const source = await typeorm();
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    expect(upQueries).toEqual([]);
    await source.synchronize();
    expect(await indexes()).toEqual(['orders_newest']);
  });

  it('TypeORM creates a table whose list is read from its index', async () => {
    await (await typeorm()).synchronize();
    expect(await indexes()).toEqual(['orders_newest']);
    expect(await plan()).toMatch(/using orders_newest on/);
    expect(await plan()).not.toMatch(/Sort|Seq Scan|Bitmap/);
  });

  it('TypeORM drops an index that it cannot declare, unless it is declared with synchronize: false', async () => {
    const created = [sql('orders'), sql('by-customer.orders'), sql('shipped.orders')].join('');
    await pool.query(created);
    await (await typeorm()).synchronize();
    expect(await indexes()).toEqual(['orders_newest']);

    await pool.query(`DROP TABLE orders; ${created}`);
    await (await typeorm(OrderWithIndexes)).synchronize();
    expect(await indexes()).toEqual(['orders_by_customer', 'orders_newest', 'orders_shipped']);
  });

  it("Drizzle's push does not change the table and index made by the SQL", async () => {
    await pool.query(sql('orders'));
    const { statementsToExecute } = await pushSchema(tables, drizzle(pool) as never);
    expect(statementsToExecute).toEqual([]);
  });

  it("Drizzle's migrations create a table whose list is read from its index", async () => {
    const statements = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(tables));
    await pool.query(statements.join(';'));
    expect(await indexes()).toEqual(['orders_newest']);
    expect(await plan()).toMatch(/using orders_newest on/);
    expect(await plan()).not.toMatch(/Sort|Seq Scan|Bitmap/);
  });
});
