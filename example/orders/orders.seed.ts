/**
 * Creates the table and, if it is empty, fills it with 100,000 orders, four with each of 25,000 timestamps. One
 * statement, so one transaction: if several instances start at the same moment, the first one does the work.
 */
export const CREATE_ORDERS = `
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('orders'));

  CREATE TABLE IF NOT EXISTS orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    created_at timestamptz NOT NULL DEFAULT now()
  );

  INSERT INTO orders (sku, quantity, created_at)
  SELECT
    'SKU-' || lpad((1 + n * 37 % 5000)::text, 5, '0'),
    1 + n % 5,
    timestamptz '2025-01-01 00:00:00Z' + n * 7919 % 25000 * interval '1234.567891 seconds'
  FROM generate_series(1, 100000) AS n
  WHERE NOT EXISTS (SELECT FROM orders);

  -- The order of the list. After the rows, which is faster than with each of them.
  CREATE INDEX IF NOT EXISTS orders_by_time ON orders (created_at, id);
END
$$`;
