/**
 * Creates the table and, if it is empty, fills it with 5,000 products. One statement, so one transaction: if
 * several instances start at the same moment, the first one does the work, and the others wait for it.
 */
export const CREATE_CATALOGUE = `
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('product-catalogue'));

  CREATE TABLE IF NOT EXISTS products (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents >= 0),
    category text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );

  INSERT INTO products (sku, name, price_cents, category, created_at)
  SELECT
    'SKU-' || lpad(n::text, 5, '0'),
    (ARRAY['Oak', 'Steel', 'Linen', 'Glass', 'Wool'])[1 + n % 5] || ' '
      || (ARRAY['chair', 'lamp', 'shelf', 'blanket', 'bowl', 'table', 'mirror'])[1 + n % 7],
    100 + n * 37 % 49900,
    (ARRAY['living', 'kitchen', 'bedroom', 'office'])[1 + n % 4],
    timestamptz '2025-01-01 00:00:00Z' + n * interval '1 hour'
  FROM generate_series(1, 5000) AS n
  WHERE NOT EXISTS (SELECT FROM products);
END
$$`;
