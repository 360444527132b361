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
