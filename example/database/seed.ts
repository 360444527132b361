import { Logger } from '@nestjs/common';
import type { Database, Query } from './database.token.js';

/** A table, and the rows with which the example fills it. */
export interface Seed {
  readonly table: string;
  /** Creates the table, unless it exists. */
  readonly create: string;
  /** Creates the index, unless it exists. After the rows, which is faster than with each of them. */
  readonly index?: string;
  readonly filling?: Filling;
}

interface Filling {
  readonly rows: number;
  /** Inserts the rows from number `$1` to number `$2`. */
  readonly insert: string;
}

const BATCH = 5000;

/** In one transaction: if several instances start at the same moment, the first one does the work, and the others wait. */
export async function plant(database: Database, { table, create, index, filling }: Seed): Promise<void> {
  await database.transaction(async (query) => {
    // For instances that start at the same moment, IF NOT EXISTS is not enough: they need the lock.
    await query('SELECT pg_advisory_xact_lock(hashtext($1))', [table]);
    await query(create);
    if (filling !== undefined) await fillIfEmpty(query, table, filling);
    if (index !== undefined) await query(index);
  });
}

async function fillIfEmpty(query: Query, table: string, { rows, insert }: Filling): Promise<void> {
  const found = await query(`SELECT 1 FROM ${table} LIMIT 1`);
  if (found.length > 0) return;
  for (let done = 0; done < rows; done += BATCH) {
    showOnTerminal(`Filling ${table}: ${of(done, rows)}`);
    await query(insert, [done + 1, Math.min(done + BATCH, rows)]);
  }
  showOnTerminal('');
  new Logger('Seed').log(`Filled ${table}: ${of(rows, rows)}`);
}

function of(done: number, rows: number): string {
  return `${done.toLocaleString('en')} of ${rows.toLocaleString('en')} rows`;
}

/** Replaces the line of the earlier text. */
function showOnTerminal(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
}
