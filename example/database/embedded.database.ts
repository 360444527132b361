import type { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { Database, type Query } from './database.token.js';

/** PostgreSQL inside this process and in memory: to try the service without installing anything. */
export class EmbeddedDatabase extends Database {
  private constructor(private readonly pglite: PGlite) {
    super();
  }

  static async open(): Promise<EmbeddedDatabase> {
    new Logger(EmbeddedDatabase.name).warn('DATABASE_URL is not set: the data ends with this process');
    // Loaded only here: a service with a server pays nothing for it, and need not install it.
    const [{ PGlite }, { dataDir }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-prepopulatedfs'),
    ]);
    // Without the ready-made directory, initdb runs at each start, which takes three times as long.
    return new EmbeddedDatabase(await PGlite.create({ loadDataDir: await dataDir() }));
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.pglite.query<Row>(sql, [...params]);
    return rows;
  }

  async transaction(work: (query: Query) => Promise<void>): Promise<void> {
    await this.pglite.transaction((transaction) =>
      work(async <Row>(sql: string, params: readonly unknown[] = []) => {
        const { rows } = await transaction.query<Row>(sql, [...params]);
        return rows;
      }),
    );
  }

  async close(): Promise<void> {
    await this.pglite.close();
  }
}
