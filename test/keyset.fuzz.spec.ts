import { Controller, Get, UseInterceptors, type Type } from '@nestjs/common';
import fc from 'fast-check';
import { Pool } from 'pg';
import { expect, it } from 'vitest';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  type CursorValue,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';
import { behind, type SortedBy } from './support/keyset-condition.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { runs } from './support/runs.js';

type Row = Readonly<Record<string, CursorValue>>;

interface Column {
  readonly type: string;
  readonly kind: string;
  /** A few values are drawn often, so that rows share them. */
  readonly values: fc.Arbitrary<CursorValue>;
  readonly compare: (one: never, other: never) => number;
}

const compare = <T>(one: T, other: T) => (one < other ? -1 : Number(one > other));
const often = <T>(common: readonly T[], any: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: any });

// A text of PostgreSQL cannot contain NUL.
const text = fc.string({ unit: 'binary', maxLength: 6 }).map((any) => any.replaceAll('\0', ''));
const LARGEST = 2n ** 63n - 1n;

const COLUMNS: Readonly<Record<string, Column>> = {
  name: {
    type: 'text',
    kind: 'string',
    values: often<string | null>(['', `'"\\`, '👩‍👩‍👧', '\uFFFF', 'null', 'a,b', null], text),
    // By UTF-8 bytes, like the collation "C": JavaScript sorts an emoji before U+FFFF.
    compare: (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other)),
  },
  size: {
    type: 'double precision',
    kind: 'number',
    values: often<number | null>([NaN, Infinity, -Infinity, 0, -0, 0.1, 5e-324, null], fc.double()),
    // NaN equals itself and sorts after all other numbers.
    compare: (one: number, other: number) =>
      compare(Number.isNaN(one), Number.isNaN(other)) || compare(one, other),
  },
  big: {
    type: 'bigint',
    kind: 'bigint',
    values: often<bigint | null>(
      [LARGEST, LARGEST - 1n, -LARGEST - 1n, 0n, null],
      fc.bigInt(-LARGEST, LARGEST),
    ),
    compare: compare<bigint>,
  },
  done: {
    type: 'boolean',
    kind: 'boolean',
    values: fc.constantFrom(true, false, null),
    compare: compare<boolean>,
  },
  ref: {
    type: 'uuid',
    kind: 'string',
    values: often<string | null>(['00000000-0000-4000-8000-000000000000', null], fc.uuid()),
    compare: compare<string>,
  },
};
const ID: Column = { type: 'bigint', kind: 'bigint', values: fc.constant(0n), compare: compare<bigint> };

const rowsOf = fc
  .array(fc.record(Object.fromEntries(Object.entries(COLUMNS).map(([name, { values }]) => [name, values]))), {
    maxLength: 60,
    size: 'max',
  })
  .map((rows) => rows.map((row, index): Row => ({ ...row, id: 2n ** 53n + BigInt(index) })));

const direction = fc.constantFrom('asc' as const, 'desc' as const);
/** Any subset of the columns in any order and direction, with the unique one last. */
const sortOf = fc
  .tuple(fc.shuffledSubarray(Object.keys(COLUMNS)), fc.infiniteStream(direction))
  .map(([names, directions]) =>
    [...names, 'id'].map((column): SortedBy => {
      return { column, type: columnOf(column).type, direction: directions.next().value! };
    }),
  );

const columnOf = (name: string) => COLUMNS[name] ?? ID;

/** The rows in the expected order. */
function sorted(rows: readonly Row[], sort: readonly SortedBy[]): Row[] {
  return rows.toSorted((one, other) => {
    for (const { column, direction: way } of sort) {
      const [a, b] = [one[column]!, other[column]!];
      // Null sorts after all values.
      const nulls = compare(a === null, b === null);
      const order = nulls || (a === null ? 0 : columnOf(column).compare(a as never, b as never));
      if (order !== 0) return way === 'asc' ? order : -order;
    }
    return 0;
  });
}

/** A controller that lists the rows in the given order. */
function rowsBy(pool: Pool, sort: readonly SortedBy[]): Type {
  const declared = sort.map(({ column, direction: way }) => `${column}:${way}:${columnOf(column).kind}`);
  const order = sort.map(({ column, direction: way }) => `${column} ${way}`).join();

  @Controller('rows')
  @UseInterceptors(PaginationInterceptor)
  class RowsController {
    @Get()
    async list(@Paginate({ sort: declared }) page: PageRequest<CursorValue[]>) {
      const { take, after } = page;
      const where = after ? `WHERE ${behind(sort, after, 2)}` : '';
      const sql = `SELECT * FROM rows ${where} ORDER BY ${order} LIMIT $1`;
      const { rows } = await pool.query<Row>(sql, [take, ...(after ?? [])]);
      return Page.of(rows, page, (row) => sort.map(({ column }) => read(column, row[column]!))).map(
        ({ id }) => id,
      );
    }
  }
  return RowsController;
}

/** The driver returns a bigint as text. */
function read(column: string, value: CursorValue): CursorValue {
  return columnOf(column).kind === 'bigint' && value !== null ? BigInt(value) : value;
}

async function startDatabase() {
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  const pool = new Pool({ connectionString: postgres.url });
  // The server may stop while the last connections are being closed.
  pool.on('error', () => undefined);
  const columns = Object.entries({ ...COLUMNS, id: ID }).map(([name, { type }]) => {
    return `${name} ${type}${type === 'text' ? ' COLLATE "C"' : ''}`;
  });
  await pool.query(`CREATE TABLE rows (${columns.join()})`);
  const stop = async () => {
    await pool.end();
    await postgres.stop();
  };
  return { pool, stop };
}

async function fill(pool: Pool, rows: readonly Row[]): Promise<void> {
  const columns = Object.entries({ ...COLUMNS, id: ID });
  const arrays = columns.map(([, { type }], index) => `$${index + 1}::${type}[]`);
  await pool.query('TRUNCATE rows');
  await pool.query(
    `INSERT INTO rows SELECT * FROM unnest(${arrays.join()})`,
    columns.map(([name]) => rows.map((row) => row[name])),
  );
}

describeWithServer(
  'a list sorted by columns of any kind and direction, with nulls',
  startDatabase,
  (server) => {
    it('is walked by cursor in its order, with each row once', async () => {
      const limits = fc.infiniteStream(fc.integer({ min: 1, max: 9 }));
      await fc.assert(
        fc.asyncProperty(
          rowsOf,
          sortOf,
          limits,
          fc.constantFrom(...ADAPTERS),
          async (rows, sort, limit, adapter) => {
            const { pool } = server();
            await fill(pool, rows);
            const { url } = await startApp(adapter, [rowsBy(pool, sort)]);
            const ids: string[] = [];
            let after = '';
            do {
              const response = await fetch(
                `${url}/rows?limit=${limit.next().value}${after && `&after=${after}`}`,
              );
              expect(response.status).toBe(200);
              const { items, page } = (await response.json()) as {
                items: string[];
                page: { next: string | null };
              };
              ids.push(...items);
              after = page.next ?? '';
            } while (after !== '');
            expect(ids).toEqual(sorted(rows, sort).map(({ id }) => String(id)));
          },
        ),
        { numRuns: runs(60) },
      );
    }, 60_000);
  },
);
