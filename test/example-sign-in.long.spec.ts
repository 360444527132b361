import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { ExampleProcess } from './support/example-process.js';
import { SECRET_KEY } from './support/keys.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';

const PASSWORD = 'correct horse battery staple';
const PER_ACCOUNT = 3;
const PER_ADDRESS = 6;

const ENVIRONMENT = {
  NODE_ENV: 'production',
  SECRET_KEY,
  TRUSTED_PROXIES: 'loopback',
  SIGN_INS_PER_ACCOUNT: String(PER_ACCOUNT),
  SIGN_INS_PER_ADDRESS: String(PER_ADDRESS),
};

/** One database, and two processes of the example. */
async function start() {
  const database = await startPostgres();
  if (database === undefined) return undefined;
  const env = { ...ENVIRONMENT, DATABASE_URL: database.url };
  const [one, other] = [new ExampleProcess(env), new ExampleProcess(env)] as const;
  const stop = async () => {
    await Promise.all([one.stop(), other.stop()]);
    await database.stop();
  };
  try {
    await Promise.all([one.listening(), other.listening()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { one, other, url: database.url, stop };
}

describeWithServer('a sign-in to the example', start, (server) => {
  it('is limited for an account from many new addresses, over all processes, for a name that does not exist, too', async () => {
    const { one, other } = server();
    await register(one, 'ada');
    const answers: string[][] = [];
    for (const name of ['ada', 'nobody']) {
      const seen: string[] = [];
      for (const example of [one, other, one, other, one]) seen.push(await outcome(attempt(example, name)));
      answers.push(seen);
    }
    const blocked = '429 {"statusCode":429,"message":"Too many attempts: try again later"}';
    expect(answers[0]!.map((text) => text.slice(0, 3))).toEqual(['401', '401', '401', '429', '429']);
    expect(answers[0]!.slice(3)).toEqual([blocked, blocked]);
    expect(answers[1]).toEqual(answers[0]);
  });

  it('says when to try again, and does not check the password before', async () => {
    const { one } = server();
    await register(one, 'grace');
    await repeat(PER_ACCOUNT, () => attempt(one, 'grace'));
    const response = await attempt(one, 'grace', { password: PASSWORD });
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(15 * 60);
  });

  it('remains possible at the addresses of an account while others attack it, and everywhere afterwards', async () => {
    const { one } = server();
    const [home, cafe] = ['198.51.100.1', '198.51.100.2'];
    await register(one, 'barbara', home);
    await repeat(PER_ACCOUNT + 1, () => attempt(one, 'barbara'));
    expect((await attempt(one, 'barbara', { password: PASSWORD, address: cafe })).status).toBe(429);
    expect((await attempt(one, 'barbara', { password: PASSWORD, address: home })).status).toBe(201);

    await endWindows();
    expect((await attempt(one, 'barbara', { password: PASSWORD, address: cafe })).status).toBe(201);
    await repeat(PER_ACCOUNT + 1, () => attempt(one, 'barbara'));
    expect((await attempt(one, 'barbara', { password: PASSWORD, address: cafe })).status).toBe(201);
  });

  it('is limited at the addresses of an account, too', async () => {
    const { one } = server();
    const address = '198.51.100.3';
    await register(one, 'margaret', address);
    const statuses = await repeat(PER_ACCOUNT + 1, () => attempt(one, 'margaret', { address }));
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await attempt(one, 'margaret')).status).toBe(401);
  });

  it('counts every spelling of a name as the same account', async () => {
    const { one } = server();
    // The last one has the Kelvin sign, which becomes a k in lower case.
    const spellings = ['frank', 'FRANK', 'Frank', 'fran\u212A'];
    const statuses: number[] = [];
    for (const name of spellings) statuses.push((await attempt(one, name)).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
  });

  it('is limited for an address with many accounts, and so is the registration', async () => {
    const { one, other } = server();
    const address = '198.51.100.4';
    let n = 0;
    const next = () => attempt(n % 2 === 0 ? one : other, `victim${n++}`, { address });
    expect(await repeat(PER_ADDRESS + 1, next)).toEqual([...Array<number>(PER_ADDRESS).fill(401), 429]);
    expect((await attempt(one, 'victim0', { address: '198.51.100.5' })).status).toBe(401);

    const registrations = await repeat(PER_ADDRESS + 1, () => register(one, 'taken', address));
    expect(registrations).toEqual([201, ...Array<number>(PER_ADDRESS - 1).fill(409), 429]);
  });

  it('counts the addresses of an IPv6 network as one', async () => {
    const { one } = server();
    let n = 0;
    const statuses = await repeat(PER_ADDRESS + 1, () =>
      attempt(one, `six${n++}`, { address: `2001:db8:1:2:${n}::1` }),
    );
    expect(statuses.at(-1)).toBe(429);
    expect((await attempt(one, 'six0', { address: '2001:db8:1:3::1' })).status).toBe(401);
  });

  it('is counted under the address that the trusted proxy saw, whatever the client claims', async () => {
    const { one } = server();
    let n = 0;
    const statuses = await repeat(PER_ADDRESS + 1, () =>
      attempt(one, `spoof${n++}`, { address: `203.0.114.${n}, 198.51.100.6` }),
    );
    expect(statuses.at(-1)).toBe(429);
  });

  it('is limited exactly for concurrent attempts at two processes', async () => {
    const { one, other } = server();
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, n) => attempt(n % 2 === 0 ? one : other, 'hedy')),
    );
    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array<number>(PER_ACCOUNT).fill(401),
      ...Array<number>(10 - PER_ACCOUNT).fill(429),
    ]);
  });

  it('hashes a few passwords at a time, and gets 503 with Retry-After if too many wait', async () => {
    const { one } = server();
    const responses = await Promise.all(Array.from({ length: 40 }, (_, n) => attempt(one, `many${n}`)));
    const statuses = responses.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(18);
    const busy = responses.find(({ status }) => status === 503)!;
    expect(busy.headers.get('retry-after')).toBe('2');
    expect((await attempt(one, 'many0')).status).toBe(401);
  });

  it('is counted under the address of the connection if no proxy is trusted', async () => {
    const { TRUSTED_PROXIES: _, ...env } = { ...ENVIRONMENT, SIGN_INS_PER_ADDRESS: '2' };
    const example = new ExampleProcess({ ...env, DATABASE_URL: server().url });
    onTestFinished(() => example.stop());
    await example.listening();
    let n = 0;
    expect(await repeat(3, () => attempt(example, `direct${n++}`))).toEqual([401, 401, 429]);
  });

  it('deletes counts that have expired', async () => {
    await endWindows();
    const client = await connect();
    const expired = async () => {
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*)::int FROM sign_in_counts WHERE ends_at <= now()',
      );
      return rows[0]!.count;
    };
    const before = await expired();
    expect(before).toBeGreaterThan(10);
    await attempt(server().one, 'joan');
    expect(await expired()).toBeLessThanOrEqual(Math.max(before - 20, 0));
  });

  /** As if 15 minutes had passed. */
  async function endWindows(): Promise<void> {
    await (await connect()).query('UPDATE sign_in_counts SET ends_at = now() WHERE hits > 0');
  }

  async function connect(): Promise<Client> {
    const client = new Client(server().url);
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }
});

let addresses = 0;
const newAddress = () => `198.18.${++addresses >> 8}.${addresses & 255}`;

/** An attempt through the proxy; without an address, from one that was not seen before. */
function attempt(
  example: ExampleProcess,
  name: string,
  { password = 'not the password', address = newAddress() } = {},
): Promise<Response> {
  return example.send('POST', '/session', {
    headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' },
    body: { name, password },
  });
}

function register(example: ExampleProcess, name: string, address = newAddress()) {
  const headers = { 'x-forwarded-for': address };
  return example.send('POST', '/accounts', { headers, body: { name, password: PASSWORD } });
}

/** The statuses of requests that are sent one after the other. */
async function repeat(times: number, send: () => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n++) statuses.push((await send()).status);
  return statuses;
}

async function outcome(response: Promise<Response>): Promise<string> {
  const { status } = await response;
  return `${status} ${await (await response).text()}`;
}
