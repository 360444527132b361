import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { checkConnect, factsOf } from './support/checked-connections.js';
import { POOLER_ADMIN, startPgBouncer } from './support/pgbouncer.js';
import { describeWithServer } from './support/real-server.js';

const MAX_CLIENTS = 5;

/** Requests fail after a second, so that a pooler without its server says so in time. */
const start = () => startPgBouncer({ max_client_conn: MAX_CLIENTS, query_wait_timeout: 1 });

describeWithServer('check --connect with PgBouncer', start, (pooler) => {
  const urlWith = (change: (url: URL) => unknown) => {
    const url = new URL(pooler().url);
    change(url);
    return url.href;
  };

  it('reports the server behind it, and the connections that the server grants', async () => {
    const report = await checkConnect({ DATABASE_URL: pooler().url, REPLICAS: '2' });
    expect(report).toMatchObject({
      ok: true,
      connections: [{ state: 'connected', server: expect.stringMatching(/^PostgreSQL \d+\.\d+$/) }],
      problems: [],
      warnings: [],
    });
    expect(factsOf(report, 'DATABASE_URL')).toMatchObject({
      credentials: 'accepted',
      role: 'primary',
      connections: '10 x 2 replicas = 20 of 30 (max_connections 30)',
    });
  });

  it('asks for what the pooler grants if the server grants too few, and takes it for granted', async () => {
    const many = { DATABASE_URL: pooler().url, REPLICAS: '4' };
    expect(await checkConnect(many)).toMatchObject({
      ok: false,
      problems: [
        {
          name: 'DATABASE_POOL_MAX',
          message: expect.stringContaining('= 40, more than the 30 that the database grants'),
          fix: 'if a pooler is in front, set DATABASE_MAX_CONNECTIONS to the connections that it grants',
        },
      ],
    });
    expect(await checkConnect({ ...many, DATABASE_MAX_CONNECTIONS: '100' })).toMatchObject({
      ok: true,
      warnings: [{ id: 'connection-budget' }],
    });
    const direct = await checkConnect({ ...many, DATABASE_URL: pooler().direct });
    expect(direct.problems).toMatchObject([{ name: 'DATABASE_POOL_MAX' }]);
    expect(direct.problems[0]).not.toHaveProperty('fix');
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong-canary'), /user or the password is wrong/],
    ['an unknown user', (url: URL) => (url.username = 'nobody-canary'), /user or the password is wrong/],
    [
      'a parameter that it does not accept',
      (url: URL) => url.searchParams.set('statement_timeout', '1000'),
      /^has a parameter that the pooler does not accept$/,
    ],
  ])('tells %s by name, and quotes nothing', async (_what, change, message) => {
    const report = await checkConnect({ DATABASE_URL: urlWith(change) });
    expect(report).toMatchObject({
      ok: false,
      problems: [{ name: 'DATABASE_URL', code: 'refused', message: expect.stringMatching(message) }],
    });
    expect(report.output).not.toContain('canary');
  });

  it('tells a database that is absent, has no server, or is its console', async () => {
    const message = async (path: string, username = new URL(pooler().url).username) => {
      const url = urlWith((parts) => Object.assign(parts, { pathname: path, username }));
      const { ok, problems } = await checkConnect({ DATABASE_URL: url });
      expect(ok).toBe(false);
      return problems.map((problem) => problem.message);
    };
    const console = 'leads to the admin console of PgBouncer instead of a database';
    expect(await message('/absent')).toEqual(['names a database that does not exist']);
    expect(await message('/down')).toEqual(['leads to a pooler that gets no connection to its database']);
    expect(await message('/pgbouncer')).toEqual([console]);
    expect(await message('/pgbouncer', POOLER_ADMIN)).toEqual([console]);
  });

  it('tells a pooler whose connections are all in use', async () => {
    const clients = Array.from({ length: MAX_CLIENTS }, () => new Client(pooler().url));
    onTestFinished(async () => {
      await Promise.all(clients.map((client) => client.end()));
    });
    await Promise.all(clients.map((client) => client.connect()));
    const { problems } = await checkConnect({ DATABASE_URL: pooler().url });
    expect(problems).toMatchObject([
      { code: 'refused', message: 'is refused: all connections that the pooler grants are in use' },
    ]);
  });
});
