import { Controller, Get, UseInterceptors, type Type } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { keyEnv } from './support/fleet.ring.js';
import { ADAPTERS, startApp, type Adapter } from './support/http-app.js';
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

interface Body {
  readonly items: readonly Event[];
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
  await createEvents(pool, 'events');
  return { pool, stop };
}

async function createEvents(pool: Pool, table: string): Promise<void> {
  await pool.query(`
    CREATE TABLE ${table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL);
    INSERT INTO ${table} (at)
      SELECT ${MOMENT} FROM (SELECT n * 7919 % ${MOMENTS} AS moment FROM generate_series(1, ${ROWS}) AS n) AS rows;
    CREATE INDEX ON ${table} (at, id);
    ANALYZE ${table}`);
}

/** The events of a table, newest first: one list by cursor, and one by offset. */
function eventsOf(pool: Pool, table = 'events'): Type {
  const select = async (condition: string, values: readonly unknown[]) => {
    const order = `ORDER BY ${table}.at DESC, id DESC LIMIT $1 OFFSET $2`;
    const sql = `SELECT id, at::text FROM ${table} ${condition} ${order}`;
    return (await pool.query<Event>(sql, [...values])).rows;
  };

  @Controller('shops/:shop/events')
  @UseInterceptors(PaginationInterceptor)
  class EventsController {
    @Get('by-cursor')
    async byCursor(@Paginate({ sort: ['at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
      const { take, offset, after } = page;
      const rows = await select(after ? 'WHERE (at, id) < ($3, $4)' : '', [take, offset, ...(after ?? [])]);
      return Page.of(rows, page, ({ at, id }) => [at, id]);
    }

    @Get('by-offset')
    async byOffset(@Paginate() page: PageRequest) {
      return Page.of(await select('', [page.take, page.offset]), page);
    }
  }
  return EventsController;
}

async function startEvents(adapter: Adapter, controller: Type, env: Record<string, string> = {}) {
  const options = {
    env: { MAX_PAGE_SIZE: String(MAX_PAGE_SIZE), ...env },
    pagination: { maxOffset: 2 * ROWS },
  };
  return (await startApp(adapter, [controller], options)).url;
}

/** A client that walks through a list, and uses only the position in the Link header. */
class Walk {
  readonly events: Event[] = [];
  place: string | null = '';

  constructor(private readonly by: 'cursor' | 'offset') {}

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  async step(url: string, limit: number): Promise<void> {
    const response = await ask(url, this.by, `limit=${limit}${this.place}`);
    if (response.status !== 200) expect.fail(`${response.status}: ${await response.text()}`);
    const { items } = (await response.json()) as Body;
    this.events.push(...items);
    const link = /^<\?(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    const parameter = this.by === 'cursor' ? 'after' : 'offset';
    const place = new URLSearchParams(link).get(parameter);
    this.place = place === null ? null : `&${parameter}=${place}`;
    if (items.length !== limit && place !== null) expect.fail(`${items.length} rows for a page of ${limit}`);
  }
}

const ask = (url: string, by: string, query: string) => fetch(`${url}/shops/7/events/by-${by}?${query}`);

/** A new seed for each run; a failure shows it. */
function newRandom(): { random: Random; seed: string } {
  const seed = Date.now() % 2 ** 31;
  return { random: new Random(seed), seed: `seed ${seed}` };
}

describeWithServer('a walk by cursor over 100,000 rows of PostgreSQL', startDatabase, (server) => {
  it.each(ADAPTERS)(
    'returns each row once, in order, for any limits that the client requests, on %s',
    async (adapter) => {
      const { random, seed } = newRandom();
      const url = await startEvents(adapter, eventsOf(server().pool));
      const walk = new Walk('cursor');
      while (walk.place !== null) await walk.step(url, 1 + random.below(MAX_PAGE_SIZE));

      const { rows } = await server().pool.query<Event>('SELECT id FROM events ORDER BY at DESC, id DESC');
      expect(walk.ids, seed).toEqual(rows.map(({ id }) => id));
      expect(rows).toHaveLength(ROWS);
    },
  );

  it('returns each remaining row exactly once during inserts and deletes; OFFSET does not', async () => {
    const { random, seed } = newRandom();
    const { pool } = server();
    await createEvents(pool, 'changing');
    const url = await startEvents('fastify', eventsOf(pool, 'changing'));
    const others = await Promise.all(Array.from({ length: 3 }, () => new Others(pool, random).connected()));
    const [byCursor, byOffset] = [new Walk('cursor'), new Walk('offset')];
    while (byCursor.place !== null || byOffset.place !== null) {
      await Promise.all([
        byCursor.place !== null && byCursor.step(url, 1 + random.below(MAX_PAGE_SIZE)),
        byOffset.place !== null && byOffset.step(url, MAX_PAGE_SIZE),
        ...others.map((other) => other.change('changing')),
      ]);
    }

    const { rows } = await pool.query<Event>(`SELECT id FROM changing WHERE id <= ${ROWS}`);
    const stayed = rows.map(({ id }) => id);
    expect(stayed.length, seed).toBeLessThan(ROWS - 1_000);
    expect(
      byCursor.ids.some((id) => Number(id) > ROWS),
      seed,
    ).toBe(true);

    expect(differences(byCursor, stayed), seed).toEqual({ lost: 0, repeated: 0 });
    for (const [index, event] of byCursor.events.entries()) {
      if (index > 0 && !isBehind(event, byCursor.events[index - 1]!))
        expect.fail(`${seed}: out of order at ${index}`);
    }
    const { lost, repeated } = differences(byOffset, stayed);
    expect(Math.min(lost, repeated), seed).toBeGreaterThan(0);
  });

  it('continues during a key rotation, each page from another instance, until the old key is removed', async () => {
    const { random, seed } = newRandom();
    const [A, B] = [random.key(), random.key()];
    const events = eventsOf(server().pool);
    const start = async (adapter: Adapter, keys: readonly string[]) => {
      return { adapter, keys, url: await startEvents(adapter, events, keyEnv(keys)) };
    };
    const adapters = ['express', 'fastify', 'express'] as const;
    const fleet = await Promise.all(adapters.map((adapter) => start(adapter, [A, B])));
    const walk = new Walk('cursor');
    let [last, acrossKeys] = [0, 0];
    const step = async (limit: number) => {
      const next = (last + 1 + random.below(fleet.length - 1)) % fleet.length;
      if (fleet[next]!.keys[0] !== fleet[last]!.keys[0]) acrossKeys++;
      await walk.step(fleet[next]!.url, limit);
      last = next;
    };
    const statuses = (query: string) => {
      return Promise.all(fleet.map(async ({ url }) => (await ask(url, 'cursor', query)).status));
    };

    await step(10);
    const signedByA = `limit=1${walk.place}`;
    for (const keys of [[B, A], [B]]) {
      expect(await statuses(signedByA), seed).toEqual([200, 200, 200]);
      for (const index of random.shuffled([0, 1, 2])) {
        for (let pages = 2 + random.below(8); pages > 0; pages--) await step(1 + random.below(MAX_PAGE_SIZE));
        fleet[index] = await start(fleet[index]!.adapter, keys);
      }
    }
    expect(await statuses(signedByA), seed).toEqual([400, 400, 400]);
    while (walk.place !== null) await step(MAX_PAGE_SIZE);

    expect(acrossKeys, seed).toBeGreaterThan(0);
    expect(new Set(walk.ids).size, seed).toBe(ROWS);
    expect(walk.ids, seed).toHaveLength(ROWS);
  });

  it('has the same cursors on both adapters', async () => {
    const events = eventsOf(server().pool);
    const walks = ADAPTERS.map(() => new Walk('cursor'));
    const urls = await Promise.all(ADAPTERS.map((adapter) => startEvents(adapter, events)));
    for (let page = 0; page < 3; page++) {
      await Promise.all(walks.map((walk, index) => walk.step(urls[index]!, 10)));
      expect(walks[0]!.place).toMatch(/^&after=./);
      expect(walks[1]!.place).toBe(walks[0]!.place);
    }
  });
});

/** Another client of the table, with its own connection. */
class Others {
  private client!: PoolClient;

  constructor(
    private readonly pool: Pool,
    private readonly random: Random,
  ) {}

  async connected(): Promise<this> {
    this.client = await this.pool.connect();
    onTestFinished(() => this.client.release());
    return this;
  }

  /** Inserts and deletes rows anywhere, before and after the position of the walk. */
  async change(table: string): Promise<void> {
    for (let round = 0; round < 3; round++) {
      const moments = this.some(() => this.random.below(MOMENTS));
      const added = `INSERT INTO ${table} (at) SELECT ${MOMENT} FROM unnest($1::integer[]) AS moment`;
      await this.client.query(added, [moments]);
      const ids = this.some(() => 1 + this.random.below(ROWS));
      await this.client.query(`DELETE FROM ${table} WHERE id = ANY($1)`, [ids]);
    }
  }

  private some(make: () => number): number[] {
    return Array.from({ length: this.random.below(20) }, make);
  }
}

/** The rows that a walk lost or repeated, compared to the rows that stayed throughout. */
function differences({ ids }: Walk, stayed: readonly string[]): { lost: number; repeated: number } {
  const returned = new Set(ids);
  return { lost: stayed.filter((id) => !returned.has(id)).length, repeated: ids.length - returned.size };
}

function isBehind(event: Event, other: Event): boolean {
  if (event.at !== other.at) return event.at < other.at;
  return Number(event.id) < Number(other.id);
}
