import { startPostgres } from './postgres.js';
import type { Stoppable } from './real-server.js';

/** The databases that every promise of the example is checked on; the one inside its process has no URL. */
export const DATABASES: Readonly<Record<string, () => Promise<(Stoppable & { url?: string }) | undefined>>> =
  {
    'the database inside the process': async () => ({ stop: async () => undefined }),
    'a PostgreSQL server': startPostgres,
  };
