import { Logger } from '@nestjs/common';
import type { DatabaseConfig } from 'nestjs-production-config';
import { Pool } from 'pg';
import { Database, type Query } from './database.token.js';

/** A PostgreSQL server, over a bounded pool of connections. */
export class PooledDatabase extends Database {
  private readonly logger = new Logger(PooledDatabase.name);
  private readonly pool: Pool;

  constructor(config: DatabaseConfig) {
    super();
    this.pool = new Pool(config);
    // Without a listener, a connection that the server closes while it is idle would end the process.
    this.pool.on('error', (error) => this.logger.warn(`An idle connection was lost: ${error.message}`));
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>(sql, [...params]);
    return rows;
  }

  async transaction(work: (query: Query) => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await work(async <Row extends object>(sql: string, params: readonly unknown[] = []) => {
        const { rows } = await client.query<Row>(sql, [...params]);
        return rows;
      });
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      // Closes the connection, which ends the transaction.
      client.release(true);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
