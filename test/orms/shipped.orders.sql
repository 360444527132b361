CREATE INDEX orders_shipped ON orders (coalesce(shipped_at, '-infinity') DESC, id DESC);
