import { Client } from 'pg';

/** A row as the database returns it: the timestamp is text, which preserves its microseconds. */
export interface Order {
  readonly id: string;
  readonly created_at: string;
  readonly customer: string;
  readonly total_cents: number;
}

/** The data of deep pages: three orders share a timestamp, and many timestamps are less than a millisecond apart. */
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
