import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, UseInterceptors, type Type } from '@nestjs/common';
import { Client, Pool } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { describeWithServer } from './support/real-server.js';

const ROWS = 100_000;
/** The rows share 2,000 timestamps, all within two milliseconds. */
const MOMENTS = 2_000;
const MOMENT = `timestamptz '2026-01-01 00:00:00Z' + moment * interval '1 microsecond'`;
const MAX_PAGE_SIZE = 1_000;

interface Event {
  readonly id: string;
  readonly at: string;
}

async function startDatabase() {
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  const pool = new Pool({ connectionString: postgres.url });
  // The server may stop while the last connections are being closed.
  pool.on('error', () => undefined);
  const stop = async () => {
    await pool.end();
    await postgres.stop();
  };
  return { pool, url: postgres.url, stop };
}

async function createEvents(pool: Pool, table: string): Promise<void> {
  await pool.query(`
    CREATE TABLE ${table} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created_at timestamptz NOT NULL
    );
    INSERT INTO ${table} (created_at)
      SELECT ${MOMENT} FROM (SELECT n * 7919 % ${MOMENTS} AS moment FROM generate_series(1, ${ROWS}) AS n) AS rows;
    CREATE INDEX ON ${table} (created_at, id);
    ANALYZE ${table}`);
}

/** The events of a table, newest first. */
function eventsOf(pool: Pool, table: string): Type {
  const PARAMS = { limit: 'first', after: 'after', last: 'last', before: 'before' };

  @Controller('events')
  @UseInterceptors(PaginationInterceptor)
  class EventsController {
    @Get()
    async list(
      @Paginate({ sort: ['created_at:desc', 'id:desc'], params: PARAMS }) page: PageRequest<[string, string]>,
    ) {
      const isBackward = page.direction === 'backward';
      const [order, behind] = isBackward ? ['ASC', '>'] : ['DESC', '<'];
      const key = isBackward ? page.before : page.after;
      const { rows } = await pool.query<Event>(
        `SELECT id, created_at::text AS at FROM ${table} ${key ? `WHERE (created_at, id) ${behind} ($2, $3)` : ''}
         ORDER BY created_at ${order}, id ${order} LIMIT $1`,
        [page.take, ...(key ?? [])],
      );
      return Page.of(rows, page, ({ at, id }) => [at, id]);
    }
  }
  return EventsController;
}

/** Follows the links of one direction from a page to the end, and returns the pages in the order of the walk. */
async function walk(url: string, first: string, rel: 'next' | 'prev', size: () => number) {
  const pages: Event[][] = [];
  let target: string | undefined = first;
  while (target !== undefined) {
    const query: string = target.replace(/(?<=(?:first|last)=)\d+/, String(size()));
    const { status, link, body } = await readAnswer(`${url}/events${query}`);
    if (status !== 200) expect.fail(`${status}: ${JSON.stringify(body)}`);
    pages.push((body as Page<Event>).items);
    target = new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link ?? '')?.[1];
  }
  return pages;
}

/** Inserts and deletes rows anywhere, on a connection of its own, until it is stopped. */
async function changeMeanwhile(url: string, table: string, random: Random) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const state = { isStopped: false, rounds: 0 };
  const some = (make: () => number) => Array.from({ length: random.below(20) }, make);
  const work = (async () => {
    for (; !state.isStopped; state.rounds++) {
      const moments = some(() => random.below(MOMENTS));
      await client.query(
        `INSERT INTO ${table} (created_at) SELECT ${MOMENT} FROM unnest($1::integer[]) AS moment`,
        [moments],
      );
      const ids = some(() => 1 + random.below(ROWS));
      await client.query(`DELETE FROM ${table} WHERE id = ANY($1)`, [ids]);
      // Leaves most rows of the table in place.
      await delay(5);
    }
    await client.end();
  })();
  return async () => {
    state.isStopped = true;
    await work;
    return state.rounds;
  };
}

const idsOf = (events: readonly Event[]) => events.map(({ id }) => id);

function isBehind(event: Event, other: Event): boolean {
  if (event.at !== other.at) return event.at < other.at;
  return BigInt(event.id) < BigInt(other.id);
}

describeWithServer('100,000 rows of PostgreSQL', startDatabase, (server) => {
  it.each(ADAPTERS)(
    'are read forth and back by links on %s, each once in each direction, while other connections insert and delete',
    async (adapter) => {
      const { pool, url: databaseUrl } = server();
      const table = `events_${adapter}`;
      const seed = Date.now() % 2 ** 31;
      const [random, name] = [new Random(seed), `seed ${seed}`];
      const size = () => 1 + random.below(MAX_PAGE_SIZE);
      await createEvents(pool, table);
      const env = { MAX_PAGE_SIZE: String(MAX_PAGE_SIZE) };
      const { url, logger } = await startApp(adapter, [eventsOf(pool, table)], { env });
      const seeds = [random.below(2 ** 31), random.below(2 ** 31)];
      const stops = await Promise.all(
        seeds.map((other) => changeMeanwhile(databaseUrl, table, new Random(other))),
      );
      const stopAll = () => Promise.all(stops.map((stop) => stop()));
      onTestFinished(async () => void (await stopAll()));

      const forth = (await walk(url, '?first=1', 'next', size)).flat();
      const back = (await walk(url, '?last=1', 'prev', size)).toReversed().flat();
      const rounds = await stopAll();

      const { rows } = await pool.query<Event>(`SELECT id FROM ${table} WHERE id <= ${ROWS}`);
      const stayed = new Set(idsOf(rows));
      expect(Math.min(...rounds), name).toBeGreaterThan(0);
      expect(stayed.size, name).toBeLessThan(ROWS);
      for (const events of [forth, back]) {
        const ids = idsOf(events);
        expect(new Set(ids).size, name).toBe(ids.length);
        expect(ids.filter((id) => stayed.has(id)).length, name).toBe(stayed.size);
        const unordered = events.findIndex((event, at) => at > 0 && !isBehind(event, events[at - 1]!));
        expect(unordered, name).toBe(-1);
      }
      // Rows that were inserted meanwhile are seen as well.
      expect(idsOf([...forth, ...back]).some((id) => Number(id) > ROWS)).toBe(true);
      expect(logger.of('warn')).toEqual([]);
    },
  );

  it('lead from each page to the one before it, and back to the same page', async () => {
    const { pool } = server();
    await createEvents(pool, 'still');
    const { url } = await startApp('fastify', [eventsOf(pool, 'still')], {
      env: { MAX_PAGE_SIZE: String(MAX_PAGE_SIZE) },
    });
    const forth = await walk(url, '?first=250', 'next', () => 250);
    const back = await walk(url, '?last=250', 'prev', () => 250);
    expect(back.toReversed()).toEqual(forth);
    expect(forth).toHaveLength(ROWS / 250);
  });
});
