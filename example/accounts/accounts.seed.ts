import type { Seed } from '../database/seed.js';

/** No accounts: people register them. */
export const ACCOUNTS: Seed = {
  table: 'accounts',
  create: `
    CREATE TABLE IF NOT EXISTS accounts (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE,
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`,
};

/** What SignInCounter counts. */
export const SIGN_IN_COUNTS: Seed = {
  table: 'sign_in_counts',
  // Unlogged: faster, and after a crash of the server it may begin empty.
  create: `
    CREATE UNLOGGED TABLE IF NOT EXISTS sign_in_counts (
      key text PRIMARY KEY,
      hits integer NOT NULL,
      ends_at timestamptz NOT NULL
    )`,
  index: 'CREATE INDEX IF NOT EXISTS sign_in_counts_by_end ON sign_in_counts (ends_at)',
};
