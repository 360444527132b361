import { JwtService } from '@nestjs/jwt';
import { KeyRing } from 'nestjs-production-config';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DATABASES } from './support/databases.js';
import { ExampleProcess, type Sent } from './support/example-process.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { startPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';

const [A, B] = [SECRET_KEY, OTHER_KEYS[0]];

/** The environment of each stage of a rotation; the current key is named first. */
const STAGES = {
  '[A]': { SECRET_KEY: A },
  '[A,B]': { SECRET_KEY: A, SECRET_KEY_FALLBACKS: B },
  '[B,A]': { SECRET_KEY: B, SECRET_KEY_FALLBACKS: A },
  '[B]': { SECRET_KEY: B },
} as const;
type Stage = keyof typeof STAGES;

const PASSWORD = 'correct horse battery staple';
const ADA = { name: 'ada', password: PASSWORD };
const NAMES = ['__Host-session', '__Host-session.sig'] as const;
const FORTNIGHT_MS = 14 * 24 * 3600 * 1000;

/** A client behind a proxy that terminates TLS, as the service sees it. It stores cookies like a browser. */
class Visitor {
  readonly cookies = new Map<string, string>();
  accessToken = '';

  constructor(private readonly example: ExampleProcess) {}

  async send(method: string, path: string, { headers, body }: Sent = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.example.send(method, path, {
      headers: { 'x-forwarded-proto': 'https', ...(cookie && { cookie }), ...headers },
      body,
    });
    for (const { name, value, expired } of cookiesOf(response)) {
      if (expired) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async signIn(credentials = ADA): Promise<this> {
    const response = await this.send('POST', '/session', { body: credentials });
    expect(response.status).toBe(201);
    this.accessToken = ((await response.json()) as { accessToken: string }).accessToken;
    return this;
  }

  session(): Promise<Response> {
    return this.send('GET', '/session');
  }

  account(accessToken = this.accessToken): Promise<Response> {
    return this.send('GET', '/account', { headers: { authorization: `Bearer ${accessToken}` } });
  }

  /** The same client at another process of the service, with a copy of its token and cookies. */
  at(example: ExampleProcess): Visitor {
    const copy = new Visitor(example);
    copy.accessToken = this.accessToken;
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }
}

for (const [name, startDatabase] of Object.entries(DATABASES)) {
  const startService = async () => {
    const database = await startDatabase();
    if (database === undefined) return undefined;
    const example = new ExampleProcess(environment('[A]', database.url));
    const stop = async () => {
      await example.stop();
      await database.stop();
    };
    try {
      await example.listening();
      await register(example, ADA);
    } catch (error) {
      await stop();
      throw error;
    }
    return { example, stop };
  };

  describeWithServer(`the account API of the example on ${name}`, startService, (server) => {
    const visitor = () => new Visitor(server().example);

    it('registers an account and returns it without the password', async () => {
      const response = await register(server().example, { name: 'grace', password: PASSWORD });
      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({
        id: expect.any(Number),
        name: 'grace',
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    });

    it('returns 409 if the name is taken, regardless of case, and does not change the password', async () => {
      for (const taken of ['ada', 'Ada']) {
        const response = await register(server().example, { name: taken, password: 'another password' });
        expect(response.status).toBe(409);
        expect(await response.json()).toMatchObject({ message: 'The name ada is taken' });
      }
      await visitor().signIn();
    });

    it('registers a name only once for concurrent requests', async () => {
      const twice = await Promise.all(
        [1, 2].map(() => register(server().example, { name: 'twice', password: PASSWORD })),
      );
      expect(twice.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    });

    it.each([
      ['no body', undefined, ['the body is required']],
      ['a list', [], ['the body must be of type object']],
      ['no fields', {}, ['name is required', 'password is required']],
      ['numbers', { name: 1, password: 12_345_678 }, ['name must be a string', 'password must be a string']],
      [
        'values that are too short',
        { name: 'xy', password: 'hush' },
        [
          'name must be 3 to 40 letters, digits, _ . or -',
          'password length must be at least 8 characters long',
        ],
      ],
      [
        'text that PostgreSQL cannot store',
        { ...ADA, name: 'a\0da' },
        ['name must be 3 to 40 letters, digits, _ . or -'],
      ],
      ['an unknown field', { ...ADA, admin: true }, ['admin is not allowed']],
    ])('returns 400 for %s, and names all problems', async (_, body, message) => {
      for (const path of ['/accounts', '/session']) {
        const response = await visitor().send('POST', path, { body });
        expect(response.status).toBe(400);
        expect(await response.json()).toEqual({ statusCode: 400, error: 'Bad Request', message });
      }
    });

    it('signs in with a cookie and a token, each of which identifies the account', async () => {
      const ada = await visitor().signIn({ ...ADA, name: 'ADA' });
      for (const response of [await ada.session(), await ada.account()]) {
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ name: 'ada' });
      }
    });

    it('issues a token that is valid for 15 minutes', async () => {
      const { accessToken } = await visitor().signIn();
      const { iat, exp } = new JwtService().decode<{ iat: number; exp: number }>(accessToken);
      expect(exp - iat).toBe(15 * 60);
    });

    it('sets a cookie for 14 days and this host alone that is Secure, HttpOnly and SameSite=Lax', async () => {
      const response = await visitor().send('POST', '/session', { body: ADA });
      const cookies = cookiesOf(response);
      expect(cookies.map(({ name: cookie }) => cookie)).toEqual(NAMES);
      for (const { attributes, expires } of cookies) {
        expect(attributes).toEqual(expect.arrayContaining(['path=/', 'samesite=lax', 'secure', 'httponly']));
        expect(attributes.filter((attribute) => attribute.startsWith('domain'))).toEqual([]);
        expect(Math.abs(expires - Date.now() - FORTNIGHT_MS)).toBeLessThan(60_000);
      }
      expect(response.headers.get('cache-control')).toBe('no-store');
    });

    it('sets no cookie in production if the client does not use HTTPS', async () => {
      const response = await visitor().send('POST', '/session', {
        headers: { 'x-forwarded-proto': 'http' },
        body: ADA,
      });
      expect(response.status).toBe(201);
      expect(cookiesOf(response)).toEqual([]);
    });

    it('clears the cookie at sign-out', async () => {
      const ada = await visitor().signIn();
      const response = await ada.send('DELETE', '/session');
      expect(response.status).toBe(204);
      expect(ada.cookies.size).toBe(0);
      expect((await ada.session()).status).toBe(401);
    });

    it('returns the same 401, after the same time, for a wrong password and an unknown name', async () => {
      const attempt = async (credentials: typeof ADA) => {
        const begin = performance.now();
        const response = await visitor().send('POST', '/session', { body: credentials });
        const ms = performance.now() - begin;
        expect(response.status).toBe(401);
        expect(cookiesOf(response)).toEqual([]);
        return { ms, answer: await response.text() };
      };
      const [wrong, unknown] = [
        { ...ADA, password: 'not the password' },
        { ...ADA, name: 'nobody' },
      ];
      const seen = { wrong: [await attempt(wrong)], unknown: [await attempt(unknown)] };
      for (let round = 0; round < 3; round++) {
        seen.wrong.push(await attempt(wrong));
        seen.unknown.push(await attempt(unknown));
      }
      expect(new Set([...seen.wrong, ...seen.unknown].map(({ answer }) => answer)).size).toBe(1);
      const [fastWrong, fastUnknown] = [seen.wrong, seen.unknown].map((all) =>
        Math.min(...all.map(({ ms }) => ms)),
      ) as [number, number];
      // A mere lookup of the name would take a hundredth of that time.
      expect(fastUnknown).toBeGreaterThan(fastWrong / 2);
      expect(fastWrong).toBeGreaterThan(fastUnknown / 2);
    });

    it('returns 401 without a cookie', async () => {
      expect((await visitor().session()).status).toBe(401);
    });

    it.each(['', 'Bearer', 'Bearer ', 'Bearer not-a-token', 'Bearer a.b.c', 'Basic YWRhOnBhc3N3b3Jk'])(
      'returns 401 for the authorization %j, and names the expected scheme',
      async (authorization) => {
        const response = await visitor().send('GET', '/account', { headers: { authorization } });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await response.json()).toEqual({ statusCode: 401, message: 'Unauthorized' });
      },
    );

    it('returns 401 for a token that is unsigned, signed with another key, or has changed claims', async () => {
      const { accessToken } = await visitor().signIn();
      const [header = '', claims = '', signature = ''] = accessToken.split('.');
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
      const forged = [
        `${none}.${claims}.`,
        `${none}.${claims}.${signature}`,
        tokenOf(B, '1'),
        new JwtService().sign({ sub: '1' }, { secret: B, keyid: kid, expiresIn: '15m' }),
        // Tokens are not signed with the secret itself.
        new JwtService().sign({ sub: '1' }, { secret: A, keyid: kid, expiresIn: '15m' }),
        `${header}.${Buffer.from('{"sub":"1"}').toString('base64url')}.${signature}`,
        `${header}.${claims}.${signature.slice(0, -1)}`,
      ];
      for (const token of forged) expect((await visitor().account(token)).status).toBe(401);
      expect((await visitor().account(tokenOf(A, '1'))).status).toBe(200);
    });

    it('returns 401 for an expired token, and for a token of a missing account', async () => {
      expect((await visitor().account(tokenOf(A, '1', '-1s'))).status).toBe(401);
      expect((await visitor().account(tokenOf(A, '2147483647'))).status).toBe(401);
    });

    it('returns 401 for a cookie that was changed or signed with another key', async () => {
      const ada = await visitor().signIn();
      const forever = Date.now() + FORTNIGHT_MS;
      const [value = '', signature = ''] = NAMES.map((cookie) => ada.cookies.get(cookie));
      const forged = [
        { ...sessionOf(A, 2, forever), [NAMES[1]]: signature },
        { [NAMES[0]]: value, [NAMES[1]]: '' },
        { [NAMES[0]]: value, [NAMES[1]]: `${signature.slice(0, -1)}_` },
        sessionOf(B, 1, forever),
      ];
      for (const cookies of forged)
        expect((await withCookies(visitor(), cookies).session()).status).toBe(401);
      expect((await withCookies(visitor(), sessionOf(A, 1, forever)).session()).status).toBe(200);
    });

    it('ignores a cookie without the prefix, which a subdomain can set, also in front of the real one', async () => {
      const forever = Date.now() + FORTNIGHT_MS;
      const mallory = await registered(server().example, 'mallory');
      const session = Buffer.from(JSON.stringify({ accountId: mallory, until: forever })).toString('base64');
      const tossed = {
        session,
        'session.sig': ringOf(A).keygrip('session').sign(`session=${session}`),
        // The signature covers the name.
        [NAMES[0].toLowerCase()]: session,
      };
      expect((await withCookies(visitor(), tossed).session()).status).toBe(401);
      const both = withCookies(withCookies(visitor(), tossed), sessionOf(A, 1, forever));
      expect(await (await both.session()).json()).toMatchObject({ id: 1 });
    });

    it('returns 401 for two cookies of the same name if the first is not genuine', async () => {
      const { [NAMES[0]]: session, [NAMES[1]]: signature } = sessionOf(A, 1, Date.now() + FORTNIGHT_MS);
      const cookie = `${NAMES[0]}=forged; ${NAMES[0]}=${session}; ${NAMES[1]}=${signature}`;
      expect((await visitor().send('GET', '/session', { headers: { cookie } })).status).toBe(401);
    });

    it('returns 401 for an expired cookie that a client still sends', async () => {
      const late = withCookies(visitor(), sessionOf(A, 1, Date.now() - 1));
      expect((await late.session()).status).toBe(401);
    });
  });
}

/** A server, and a process of the example at each stage of a rotation. */
async function startStages() {
  const database = await startPostgres();
  if (database === undefined) return undefined;
  const running = new Map<Stage, ExampleProcess>();
  const at = async (stage: Stage) => {
    const example = running.get(stage) ?? new ExampleProcess(environment(stage, database.url));
    running.set(stage, example);
    return example.listening();
  };
  const stop = async () => {
    await Promise.all([...running.values()].map((example) => example.stop()));
    await database.stop();
  };
  return { url: database.url, at, stop };
}

describeWithServer('the account API of the example', startStages, (server) => {
  describe('during a rotation of SECRET_KEY', () => {
    const start = (stage: Stage) => server().at(stage);

    it('accepts a token and a cookie through [A] -> [A,B] -> [B,A], and rejects them at [B]', async () => {
      const before = await start('[A]');
      await register(before, ADA);
      const ada = await new Visitor(before).signIn();

      for (const stage of ['[A,B]', '[B,A]'] as const) {
        const example = await start(stage);
        expect(await statusesOf(ada.at(example))).toEqual([200, 200]);
      }
      expect(await statusesOf(ada.at(await start('[B]')))).toEqual([401, 401]);
    });

    it('renews a cookie of A in full at [B,A], and accepts the renewed cookie at [B]', async () => {
      const before = await start('[A]');
      await register(before, ADA);
      const ada = await new Visitor(before).signIn();

      const during = await start('[B,A]');
      const visiting = ada.at(during);
      const renewed = cookiesOf(await visiting.session());
      expect(renewed.map(({ name }) => name)).toEqual(NAMES);
      for (const { expires, attributes } of renewed) {
        expect(Math.abs(expires - Date.now() - FORTNIGHT_MS)).toBeLessThan(60_000);
        expect(attributes).toEqual(expect.arrayContaining(['samesite=lax', 'secure', 'httponly']));
      }
      // A token as well: the next sign-in issues one of B.
      const again = await new Visitor(during).signIn();

      const after = await start('[B]');
      expect((await visiting.at(after).session()).status).toBe(200);
      expect(await statusesOf(again.at(after))).toEqual([200, 200]);
    });

    it('accepts tokens and cookies across two processes at the stages [A,B] and [B,A]', async () => {
      const [old, young] = await Promise.all([start('[A,B]'), start('[B,A]')]);
      await register(old, ADA);
      for (const [signs, checks] of [
        [old, young],
        [young, old],
      ] as const) {
        const ada = await new Visitor(signs).signIn();
        expect(await statusesOf(ada.at(checks))).toEqual([200, 200]);
      }
    });

    it('stores no password, and different hashes for equal passwords', async () => {
      const example = await start('[A]');
      for (const name of ['barbara', 'margaret']) await register(example, { name, password: PASSWORD });
      const client = await connect(server().url);
      const { rows } = await client.query<{ password_hash: string }>(
        `SELECT password_hash FROM accounts WHERE name IN ('barbara', 'margaret')`,
      );
      const hashes = rows.map(({ password_hash }) => password_hash);
      for (const hash of hashes) expect(hash).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
      expect(new Set(hashes).size).toBe(2);
    });
  });

  it('trusts no X-Forwarded-Proto in production unless a proxy is named, and warns of that', async () => {
    const example = new ExampleProcess({
      NODE_ENV: 'production',
      SECRET_KEY: A,
      DATABASE_URL: server().url,
    });
    onTestFinished(() => example.stop());
    await example.listening();
    await register(example, ADA);
    const response = await new Visitor(example).send('POST', '/session', { body: ADA });
    expect(response.status).toBe(201);
    expect(cookiesOf(response)).toEqual([]);
    await expect.poll(() => example.stdout).toContain('TRUSTED_PROXIES is empty');
  });

  it('signs in over plain HTTP in development, and does not log passwords or keys', async () => {
    const example = new ExampleProcess({ SECRET_KEY: A, DATABASE_URL: server().url });
    onTestFinished(() => example.stop());
    await example.listening();
    await register(example, ADA);
    const plain = { headers: { 'x-forwarded-proto': 'http' } };
    const ada = new Visitor(example);
    const response = await ada.send('POST', '/session', { ...plain, body: ADA });
    const cookies = cookiesOf(response);
    expect(cookies.map(({ name }) => name)).toEqual(['session', 'session.sig']);
    for (const { attributes } of cookies) expect(attributes).not.toContain('secure');
    expect((await ada.send('GET', '/session', plain)).status).toBe(200);
    expect(example.stdout + example.stderr).not.toContain(PASSWORD);
    expect(example.stdout + example.stderr).not.toContain(A);
  });
});

function environment(stage: Stage, url?: string): Record<string, string> {
  const production = { NODE_ENV: 'production', TRUSTED_PROXIES: 'loopback' };
  return { ...production, ...STAGES[stage], ...(url === undefined ? {} : { DATABASE_URL: url }) };
}

function register(example: ExampleProcess, credentials: typeof ADA): Promise<Response> {
  return new Visitor(example).send('POST', '/accounts', { body: credentials });
}

/** The id of a new account. */
async function registered(example: ExampleProcess, name: string): Promise<number> {
  const response = await register(example, { name, password: PASSWORD });
  return ((await response.json()) as { id: number }).id;
}

/** The statuses of a request with the cookie and of one with the token. */
async function statusesOf(visitor: Visitor): Promise<number[]> {
  return [(await visitor.session()).status, (await visitor.account()).status];
}

function withCookies(visitor: Visitor, cookies: Readonly<Record<string, string>>): Visitor {
  for (const [name, value] of Object.entries(cookies)) visitor.cookies.set(name, value);
  return visitor;
}

/** A token as the service would create it with a key. */
function tokenOf(key: string, sub: string, expiresIn: '15m' | '-1s' = '15m'): string {
  return new JwtService(ringOf(key).jwtOptions({ signOptions: { expiresIn } })).sign({ sub });
}

/** The cookies as the service would create them with a key. */
function sessionOf(key: string, accountId: number, until: number): Record<string, string> {
  const session = Buffer.from(JSON.stringify({ accountId, until })).toString('base64');
  const [name, signature] = NAMES;
  return { [name]: session, [signature]: ringOf(key).keygrip('session').sign(`${name}=${session}`) };
}

function ringOf(key: string): KeyRing {
  return new KeyRing({ SECRET_KEY: key, SECRET_KEY_FALLBACKS: [] });
}

function cookiesOf(response: Response) {
  return response.headers.getSetCookie().map((cookie) => {
    const [pair = '', ...attributes] = cookie.split('; ');
    const expires = Date.parse(attributes.find((text) => text.startsWith('expires='))?.slice(8) ?? '');
    const [name = '', value = ''] = pair.split(/=(.*)/);
    return { name, value, attributes, expires, expired: expires < Date.now() };
  });
}

async function connect(url: string): Promise<Client> {
  const client = new Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
