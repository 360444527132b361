import { Client } from 'pg';

/** A row as the database gives it: a timestamp as text, which keeps its microseconds. */
export interface Order {
  readonly id: string;
  readonly created_at: string;
  readonly customer: string;
  readonly total_cents: number;
}

/** What a deep page is read from: three orders share a moment, and many a moment lies within a millisecond of the next. */
export async function seedOrders(url: string, rows: number): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(`
      CREATE TABLE orders (
        id bigint PRIMARY KEY,
        created_at timestamptz NOT NULL,
        customer text NOT NULL,
        total_cents integer NOT NULL
      )`);
    await client.query(
      `INSERT INTO orders
       SELECT n, timestamptz '2026-01-01 00:00:00+00' + n / 3 * interval '337 microseconds',
              'customer ' || n % 5000, 999 + n % 5000
       FROM generate_series(1, $1::bigint) AS n`,
      [rows],
    );
    await client.query('CREATE INDEX orders_newest ON orders (created_at DESC, id DESC)');
    await client.query('VACUUM ANALYZE orders');
  } finally {
    await client.end();
  }
}
