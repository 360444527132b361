import type { Seed } from '../database/seed.js';

/** A catalogue of 5,000 products. */
export const PRODUCTS: Seed = {
  table: 'products',
  create: `
    CREATE TABLE IF NOT EXISTS products (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      sku text NOT NULL UNIQUE,
      name text NOT NULL,
      price_cents integer NOT NULL CHECK (price_cents >= 0),
      category text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`,
  filling: {
    rows: 5000,
    insert: `
      INSERT INTO products (sku, name, price_cents, category, created_at)
      SELECT
        'SKU-' || lpad(n::text, 5, '0'),
        (ARRAY['Oak', 'Steel', 'Linen', 'Glass', 'Wool'])[1 + n % 5] || ' '
          || (ARRAY['chair', 'lamp', 'shelf', 'blanket', 'bowl', 'table', 'mirror'])[1 + n % 7],
        100 + n * 37 % 49900,
        (ARRAY['living', 'kitchen', 'bedroom', 'office'])[1 + n % 4],
        timestamptz '2025-01-01 00:00:00Z' + n * interval '1 hour'
      FROM generate_series($1::integer, $2::integer) AS n`,
  },
};
