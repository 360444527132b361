import { startPostgres } from './postgres.js';
import type { Stoppable } from './real-server.js';

/** The databases for all tests of the example; the in-process one has no URL. */
export const DATABASES: Readonly<Record<string, () => Promise<(Stoppable & { url?: string }) | undefined>>> =
  {
    'the database inside the process': async () => ({ stop: async () => undefined }),
    'a PostgreSQL server': startPostgres,
  };
