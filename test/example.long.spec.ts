import { Client } from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DATABASES } from './support/databases.js';
import { ExampleProcess } from './support/example-process.js';
import {
  idsOf,
  nextPath,
  type OrdersPage,
  PRODUCTION,
  range,
  startExample,
} from './support/example-service.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { until } from './support/stalls.js';
import { hasTerminal, runOnTerminal } from './support/terminal.js';

for (const [name, startDatabase] of Object.entries(DATABASES)) {
  describeWithServer(
    `the example on ${name}`,
    () => startExample(startDatabase),
    (server) => {
      it('returns each of 100,000 orders once, newest first, along the Link headers', async () => {
        const isSeen = new Set<number>();
        let last: readonly [createdAt: string, id: number] = ['~', 0];
        // Not a multiple of four: pages end between orders with the same timestamp.
        let path: string | undefined = '/orders?limit=99';
        while (path !== undefined) {
          const response = await server().example.get(path);
          const { items, page } = (await response.json()) as OrdersPage;
          for (const { createdAt, id } of items) {
            const isBehind = createdAt < last[0] || (createdAt === last[0] && id < last[1]);
            if (!isBehind) expect.fail(`${createdAt}, ${id} came behind ${last.join()}`);
            isSeen.add(id);
            last = [createdAt, id];
          }
          path = nextPath(response);
          if (page.hasMore !== (path !== undefined)) expect.fail('The Link header and hasMore differ');
        }
        expect(isSeen.size).toBe(100_000);
      });
    },
  );
}

/** Two instances, both of which reach the creation of each table before either can create it. */
async function startTogether() {
  const database = await startPostgres();
  if (database === undefined) return undefined;
  const holders = new Map<string, Client>();
  const both: ExampleProcess[] = [];
  const stop = async () => {
    await Promise.all(both.map((example) => example.stop()));
    await Promise.all([...holders.values()].map((holder) => holder.end()));
    await database.stop();
  };
  try {
    for (const table of ['products', 'orders', 'accounts']) {
      const holder = new Client(database.url);
      await holder.connect();
      holders.set(table, holder);
      await holder.query(`BEGIN; CREATE TABLE ${table} ()`);
    }
    for (let n = 0; n < 2; n++) both.push(new ExampleProcess({ ...PRODUCTION, DATABASE_URL: database.url }));
    const held = new Set(holders.values());
    const release = async () => {
      for (const holder of held) {
        // One waits for the creation, and the other for the first one.
        const { direct, all } = await waitingFor(holder);
        if (direct === 0 || all < 2) continue;
        held.delete(holder);
        await holder.query('ROLLBACK');
      }
      return held.size === 0;
    };
    await until(release, 60_000);
    await Promise.all(both.map((example) => example.listening()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: database.url, both, stop };
}

describeWithServer(
  'two instances that start on one PostgreSQL server at the same moment',
  startTogether,
  (server) => {
    it('fill the catalogue once', async () => {
      for (const example of server().both) {
        const response = await example.get('/products?limit=100&offset=4990');
        expect(idsOf(await response.json())).toEqual(range(4991, 5000));
      }
    });

    it('fill the orders once', async () => {
      const { rows } = await (
        await connect(server().url)
      ).query('SELECT count(*)::int AS orders FROM orders');
      expect(rows).toEqual([{ orders: 100_000 }]);
      const logs = server().both.map(({ stdout }) => stdout);
      expect(
        logs
          .join('')
          .match(/Filled \w+/g)
          ?.toSorted(),
      ).toEqual(['Filled orders', 'Filled products']);
    });

    it('create the accounts once', async () => {
      const statuses: number[] = [];
      for (const example of server().both) {
        const body = { name: 'ada', password: 'correct horse battery staple' };
        statuses.push((await example.send('POST', '/accounts', { body })).status);
      }
      expect(statuses).toEqual([201, 409]);
    });

    // The last test: it ends one of them.
    it('complete an in-flight request on SIGTERM before they close the database', async () => {
      const [example] = server().both as [ExampleProcess, ExampleProcess];
      const other = await connect(server().url);
      await other.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
      const answer = example.get('/products?limit=3');
      await until(async () => (await waitingFor(other)).direct === 1, 30_000);
      example.signal('SIGTERM');
      await vi.waitFor(() => expect(example.get('/health')).rejects.toThrow(), { timeout: 30_000 });
      await other.query('COMMIT');

      expect(idsOf(await (await answer).json())).toEqual([1, 2, 3]);
      expect(await example.ended).toEqual({ code: 0, signal: null });
    });
  },
);

it.skipIf(!hasTerminal)(
  'the example shows on a terminal how many rows of which table it has filled',
  async () => {
    const env = { NODE_ENV: 'development', PORT: '0' };
    const { output } = await runOnTerminal('.build/example/main.js', { env, until: ' listens on ' });
    expect(output).toContain('\r\u001b[KFilling products: 0 of 5,000 rows\r\u001b[K');
    expect(output).toContain('\r\u001b[KFilling orders: 45,000 of 100,000 rows\r\u001b[K');
  },
);

async function connect(url: string): Promise<Client> {
  const client = new Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** How many connections to the same database wait for a lock, and how many of them for one of this client. */
async function waitingFor(client: Client): Promise<{ direct: number; all: number }> {
  // Within a transaction, the view would retain the state of its first read.
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ direct: boolean }>(
    `SELECT pg_backend_pid() = ANY(pg_blocking_pids(pid)) AS direct FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return { direct: rows.filter(({ direct }) => direct).length, all: rows.length };
}
