/** Creates the table. For instances that start at the same moment, IF NOT EXISTS is not enough: they need the lock. */
export const CREATE_ACCOUNTS = `
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('accounts'));

  CREATE TABLE IF NOT EXISTS accounts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
END
$$`;
