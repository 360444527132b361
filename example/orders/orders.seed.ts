import type { Seed } from '../database/seed.js';

/** 100,000 orders, four with each of 25,000 timestamps. */
export const ORDERS: Seed = {
  table: 'orders',
  create: `
    CREATE TABLE IF NOT EXISTS orders (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      sku text NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      created_at timestamptz NOT NULL DEFAULT now()
    )`,
  // The order of the list.
  index: 'CREATE INDEX IF NOT EXISTS orders_by_time ON orders (created_at, id)',
  filling: {
    rows: 100_000,
    insert: `
      INSERT INTO orders (sku, quantity, created_at)
      SELECT
        'SKU-' || lpad((1 + n * 37 % 5000)::text, 5, '0'),
        1 + n % 5,
        timestamptz '2025-01-01 00:00:00Z' + n * 7919 % 25000 * interval '1234.567891 seconds'
      FROM generate_series($1::integer, $2::integer) AS n`,
  },
};
