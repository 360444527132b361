import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { JwtService } from '@nestjs/jwt';
import cookieParser from 'cookie-parser';
import cookieSession from 'cookie-session';
import expressSession from 'express-session';
import fastify from 'fastify';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BaseConfig,
  ConfigError,
  KeyRing,
  KeyRingError,
  ProductionConfig,
  Secret,
} from 'nestjs-production-config';
import Joi from 'joi';
import { keyScheduleAdvice } from '../src/checks/advice/key-schedule.advice.js';
import { keygen } from '../src/cli/keygen.command.js';
import { parseKey, parseTime, showTime } from '../src/config/model/scheduled-key.js';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';
import { runs } from './support/runs.js';

const [B, C] = OTHER_KEYS;
const NOW = Date.parse('2026-11-29T12:00Z');
const MINUTE = 60_000;
const at = (minutes: number) => showTime(NOW + minutes * MINUTE);
const since = (minutes: number, key: string) => `since=${at(minutes)};${key}`;

const idOf = (key: string) => ringOf(key).current.id;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a ring whose SECRET_KEY signs from a time on', () => {
  it('signs with the fallback until then, and with SECRET_KEY from then on', () => {
    const ring = ringOf(since(10, B), A);
    const before = ring.sign('invitation', 'ada');
    expect(ring.ids).toEqual([idOf(A), idOf(B)]);
    expect(ringOf(A).verify('invitation', 'ada', before)).toBe('current');

    vi.advanceTimersByTime(10 * MINUTE - 1);
    expect(ring.current.id).toBe(idOf(A));
    vi.advanceTimersByTime(1);
    expect(ring.current.id).toBe(idOf(B));
    expect(ring.ids).toEqual([idOf(B), idOf(A)]);
    expect(ringOf(B).verify('invitation', 'ada', ring.sign('invitation', 'ada'))).toBe('current');
    expect(ring.verify('invitation', 'ada', before)).toBe('stale');
  });

  it('signs with it also if its time comes while the keys are derived', () => {
    onTestFinished(() => void vi.restoreAllMocks());
    for (let early = 0; early < 10; early++) {
      vi.restoreAllMocks();
      vi.setSystemTime(NOW + 9.5 * MINUTE - early);
      const ring = ringOf(since(10, B), A);
      // Each look at the clock takes a millisecond.
      const { now } = Date;
      let looks = 0;
      vi.spyOn(Date, 'now').mockImplementation(() => now() + looks++);
      vi.advanceTimersByTime(2 * MINUTE);
      expect(ring.current.id, `${early} ms`).toBe(idOf(B));
    }
  });

  it('accepts at once what an instance with a faster clock signs', () => {
    const signature = ringOf(B).sign('invitation', 'ada');
    expect(ringOf(since(10, B), A).verify('invitation', 'ada', signature)).toBe('stale');
  });

  it('signs with it from the start if the time is over', () => {
    expect(ringOf(since(-1, B), A).ids).toEqual([idOf(B), idOf(A)]);
    expect(ringOf(since(0, B), A).ids).toEqual([idOf(B), idOf(A)]);
  });

  it('has the same ids and signatures as without the time', () => {
    expect(ringOf(since(-5, B)).ids).toEqual(ringOf(B).ids);
    expect(ringOf(since(-5, B)).sign('x', 'y')).toBe(ringOf(B).sign('x', 'y'));
  });

  it('changes once for each key whose time comes', () => {
    const ring = ringOf(since(20, C), since(10, B), A);
    const seen: string[] = [];
    ring.onChange(() => seen.push(ring.current.id));
    vi.advanceTimersByTime(60 * MINUTE);
    expect(seen).toEqual([idOf(B), idOf(C)]);
  });

  it('notices within 30 seconds that the clock was set forward, as after a suspension', () => {
    const ring = ringOf(since(600, B), A);
    vi.setSystemTime(NOW + 601 * MINUTE);
    vi.advanceTimersByTime(30_000);
    expect(ring.current.id).toBe(idOf(B));
  });

  it('keeps its signing key if the clock is set back before all times', () => {
    const ring = ringOf(since(20, C), since(-10, B));
    const changes = vi.fn<() => void>();
    ring.onChange(changes);
    vi.setSystemTime(NOW - 60 * MINUTE);
    vi.advanceTimersByTime(60_000);
    expect(ring.current.id).toBe(idOf(B));
    expect(changes).not.toHaveBeenCalled();
    vi.setSystemTime(NOW + 20 * MINUTE);
    vi.advanceTimersByTime(30_000);
    expect(ring.current.id).toBe(idOf(C));
  });

  it('takes times that are months away', () => {
    const ring = ringOf(since(90 * 24 * 60, B), A);
    vi.advanceTimersByTime(1_000);
    expect(ring.current.id).toBe(idOf(A));
    vi.setSystemTime(NOW + 90 * 24 * 60 * MINUTE);
    vi.advanceTimersByTime(30_000);
    expect(ring.current.id).toBe(idOf(B));
  });

  it('counts a key once that is listed with and without its time', () => {
    expect(ringOf(since(10, B), B, A).ids).toEqual([idOf(A), idOf(B)]);
    expect(ringOf(A, since(10, A)).ids).toEqual([idOf(A)]);
  });

  it('lets the first of the keys sign whose time has come, wherever it is listed', () => {
    expect(ringOf(A, since(-10, B)).current.id).toBe(idOf(A));
    expect(ringOf(since(10, C), since(-5, B), A).current.id).toBe(idOf(B));
  });

  it('does not keep the process alive', () => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    ringOf(`since=${showTime(Date.now() + MINUTE)};${B}`, A);
    expect(timers()).toBe(before);
  });
});

describe('onChange()', () => {
  it('no longer calls a listener that was removed, and logs one that throws', () => {
    const ring = ringOf(since(1, B), A);
    const seen: string[] = [];
    const remove = ring.onChange(() => seen.push('removed'));
    ring.onChange(() => {
      throw new Error('listener');
    });
    ring.onChange(() => Promise.reject(new TypeError('listener')));
    ring.onChange(() => seen.push(ring.current.id));
    remove();
    vi.advanceTimersByTime(MINUTE);
    expect(seen).toEqual([idOf(B)]);
  });
});

describe('what a ring has handed out follows its keys', () => {
  const rotated = () => {
    const ring = ringOf(since(10, B), A);
    return { ring, rotate: () => vi.advanceTimersByTime(10 * MINUTE) };
  };
  const kidOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;

  it('tokens of JwtService', async () => {
    const { ring, rotate } = rotated();
    const jwt = new JwtService(ring.jwtOptions({ signOptions: { expiresIn: '1h' } }));
    const before = jwt.sign({ sub: 'ada' });
    rotate();
    const after = await jwt.signAsync({ sub: 'ada' });
    expect([kidOf(before), kidOf(after)]).toEqual([idOf(A), idOf(B)]);
    expect(new JwtService(ringOf(B).jwtOptions()).verify(after)).toMatchObject({ sub: 'ada' });
    for (const token of [before, after]) expect(jwt.verify(token)).toMatchObject({ sub: 'ada' });
    expect(() => new JwtService(ringOf(B).jwtOptions()).verify(before)).toThrow();
  });

  it('cookies of cookie-session, by keygrip()', async () => {
    const { ring, rotate } = rotated();
    const url = await startServer(cookieSession({ keys: ring.keygrip('session') as never }));
    const before = await visit(url);
    rotate();
    const after = await visit(url, before.cookie);
    expect(after.visits).toBe(2);
    const atB = await startServer(cookieSession({ keys: ringOf(B).keygrip('session') as never }));
    expect((await visit(atB, after.cookie)).visits).toBe(3);
    expect((await visit(atB, before.cookie)).visits).toBe(1);
  });

  it('cookies of cookie-parser, by secrets()', async () => {
    const { ring, rotate } = rotated();
    const parse = cookieParser(ring.secrets('cookies'));
    const signedBy = (secrets: readonly string[]) => `user=s:${sign('ada', secrets[0]!)}`;
    const read = async (header: string) => {
      const request = { headers: { cookie: header } } as unknown as Parameters<typeof parse>[0];
      await new Promise((resolve) => parse(request, undefined as never, resolve));
      return {
        user: request.signedCookies.user as unknown,
        signing: (request as { secret?: string }).secret,
      };
    };
    const [byA, byB] = [ringOf(A), ringOf(B)].map((one) => one.secrets('cookies')) as [string[], string[]];
    expect(await read(signedBy(byA))).toEqual({ user: 'ada', signing: byA[0] });
    rotate();
    expect(await read(signedBy(byA))).toEqual({ user: 'ada', signing: byB[0] });
    expect(await read(signedBy(byB))).toEqual({ user: 'ada', signing: byB[0] });
  });

  it('cookies of express-session, by secrets()', async () => {
    const { ring, rotate } = rotated();
    const store = new expressSession.MemoryStore();
    const options = { store, rolling: true, resave: false, saveUninitialized: false };
    const url = await startServer(expressSession({ ...options, secret: ring.secrets('session') }));
    const before = await visit(url);
    rotate();
    const after = await visit(url, before.cookie);
    expect(after.visits).toBe(2);
    const atB = await startServer(expressSession({ ...options, secret: ringOf(B).secrets('session') }));
    expect((await visit(atB, after.cookie)).visits).toBe(3);
    expect((await visit(atB, before.cookie)).visits).toBe(1);
  });

  it('cookies of @fastify/cookie, by fastifySigner()', async () => {
    const { ring, rotate } = rotated();
    const app = await startFastify(ring.fastifySigner('cookies'));
    const signed = (value: unknown) => app.inject({ url: '/look', cookies: { user: String(value) } });
    const before = (await app.inject('/keep')).cookies[0]!.value;
    expect((await signed(before)).json()).toEqual({ valid: true, renew: false, value: 'ada' });
    rotate();
    expect((await signed(before)).json()).toEqual({ valid: true, renew: true, value: 'ada' });
    const after = (await app.inject('/keep')).cookies[0]!.value;
    expect(ringOf(B).fastifySigner('cookies').unsign(after)).toEqual({
      valid: true,
      renew: false,
      value: 'ada',
    });
    expect(ringOf(C).fastifySigner('cookies').unsign(after)).toMatchObject({ valid: false });
  });

  it('sessions of @fastify/session, by fastifySigner()', async () => {
    const { ring, rotate } = rotated();
    const app = await startFastify(undefined, ring.fastifySigner('session'));
    const before = await app.inject('/visit');
    rotate();
    const cookies = { sessionId: before.cookies[0]!.value };
    const after = await app.inject({ url: '/visit', cookies });
    expect([before.body, after.body]).toEqual(['1', '2']);
    const fresh = await app.inject('/visit');
    const { value } = fresh.cookies[0]!;
    expect(ringOf(B).fastifySigner('session').unsign(value)).toMatchObject({ valid: true, renew: false });
  });

  it('fastifySigner() verifies what @fastify/cookie signed with secrets(), and the other way round', async () => {
    const ring = ringOf(A);
    const bySecrets = await startFastify(ring.secrets('cookies'));
    const signed = (await bySecrets.inject('/keep')).cookies[0]!.value;
    expect(ring.fastifySigner('cookies').unsign(signed)).toEqual({ valid: true, renew: false, value: 'ada' });
    const found = await bySecrets.inject({
      url: '/look',
      cookies: { user: ring.fastifySigner('cookies').sign('ada') },
    });
    expect(found.json()).toMatchObject({ valid: true, value: 'ada' });
  });

  it('a list of secrets() keeps what the application added to it', () => {
    const { ring, rotate } = rotated();
    const list = ring.secrets('session');
    list.push('old-1');
    list.unshift('old-0');
    rotate();
    expect(list).toEqual(['old-0', ...ringOf(B, A).secrets('session'), 'old-1']);
  });

  it('a frozen list of secrets() keeps its texts, and no other list does', () => {
    const { ring, rotate } = rotated();
    const lists = ['a', 'b', 'c'].map((purpose) => ring.secrets(purpose));
    Object.freeze(lists[1]);
    rotate();
    const [a, b, c] = lists;
    expect([a, c]).toEqual(['a', 'c'].map((purpose) => ringOf(B, A).secrets(purpose)));
    expect(b).toEqual(ringOf(A, B).secrets('b'));
    expect(ring.secrets('b')).toEqual(ringOf(B, A).secrets('b'));
  });

  it('tokens that legacy secrets sign, if SECRET_KEY is one of them', () => {
    const { ring, rotate } = rotated();
    const legacy = { secrets: [since(10, B), A], sign: true };
    const jwt = new JwtService(ring.jwtOptions({ legacy }));
    const isSignedBy = (key: string) => () =>
      new JwtService({ secret: key }).verify(jwt.sign({ sub: 'ada' }));
    expect(isSignedBy(A)).not.toThrow();
    rotate();
    expect(isSignedBy(B)).not.toThrow();
    expect(isSignedBy(A)).toThrow('invalid signature');
  });

  it('a list of secrets() is collected once nothing holds it', async () => {
    const { ring } = rotated();
    const list = new WeakRef(ring.secrets('session'));
    vi.useRealTimers();
    await expect
      .poll(() => {
        globalThis.gc!();
        return list.deref() === undefined;
      })
      .toBe(true);
  });

  it.each(['', 'ada', '.', 'ada.', `ada.${'x'.repeat(43)}`, 'é.😀', 7, undefined])(
    'fastifySigner() refuses %j',
    (value) => {
      const expected = { valid: false, renew: false, value: null };
      expect(
        ringOf(A)
          .fastifySigner('cookies')
          .unsign(value as string),
      ).toEqual(expected);
    },
  );
});

describe('a key that names a time', () => {
  const problemsOf = (env: Record<string, string>, type: typeof BaseConfig = ProductionConfig) => {
    try {
      type.load(env);
    } catch (error) {
      return (error as ConfigError).problems.map(({ name, message }) => `${name} ${message}`);
    }
    return [];
  };

  it.each([
    'since=2026-11-29T12:30Z',
    `since=;${A}`,
    `since=soon;${A}`,
    `since=2026-11-29T12:30;${A}`,
    `since=2026-11-29;${A}`,
    `since=2026-02-30T12:30Z;${A}`,
    `since=2026-13-01T12:30Z;${A}`,
    `since=2026-11-29T24:30Z;${A}`,
    `since=1796055257;${A}`,
    `since=2026-11-29T12:30Z,${A}`,
    `Since=2026-11-29T12:30Z;${A}`,
    ` since = 2026-11-29T12:30Z;${A}`,
    `since=2026-11-29T12:30Z ;${A}`,
    'since=2026-11-29T12:30Z;',
  ])('is refused at boot if its form is not since=<time>;<key>, not taken as a whole: %s', (text) => {
    for (const type of [ProductionConfig, BaseConfig]) {
      const problems = problemsOf({ SECRET_KEY: text }, type);
      expect(problems).toEqual([
        expect.stringContaining(
          'SECRET_KEY begins with since= but does not have the form since=<time>;<key>',
        ),
      ]);
      expect(problemsOf({ SECRET_KEY: B, SECRET_KEY_FALLBACKS: JSON.stringify([text]) }, type)).toHaveLength(
        1,
      );
    }
    expect(() => new KeyRing({ SECRET_KEY: text })).toThrow(KeyRingError);
  });

  it.each(['12:30Z', '12:30:15Z', '12:30:15.5Z', '12:30+02:00', '00:00-11:00'])(
    'may have seconds and a time zone: %s',
    (time) => {
      expect(ringOf(`since=2026-11-28T${time};${B}`, A).current.id).toBe(idOf(B));
    },
  );

  it('must be as strong as one without a time', () => {
    expect(problemsOf({ SECRET_KEY: since(-1, 'password') })).toEqual([
      'SECRET_KEY is too short: it must hold at least 32 random bytes',
    ]);
    expect(problemsOf({ SECRET_KEY: A, SECRET_KEY_FALLBACKS: since(-1, 'x'.repeat(40)) })).toEqual([
      expect.stringContaining('is too uniform'),
    ]);
  });

  it('cannot be the only key before that time', () => {
    expect(problemsOf({ SECRET_KEY: since(10, B) })).toEqual([
      'SECRET_KEY signs from 2026-11-29T12:10Z, and no other key signs before that',
    ]);
    expect(problemsOf({ SECRET_KEY: since(10, B), SECRET_KEY_FALLBACKS: since(5, A) })).toEqual([
      'SECRET_KEY signs from 2026-11-29T12:05Z, and no other key signs before that',
    ]);
    expect(problemsOf({ SECRET_KEY: since(10, B) }, BaseConfig)).toHaveLength(1);
    expect(problemsOf({ SECRET_KEY: since(10, A), SECRET_KEY_FALLBACKS: A }), 'one key twice').toHaveLength(
      1,
    );
    expect(() => new KeyRing({ SECRET_KEY: since(10, B) })).toThrow('no key signs yet');
  });

  it('is refused if a tool left text around the key itself', () => {
    for (const text of [`"${B}"`, `'${B}'`, `${B}\r`, ` ${B}`]) {
      const [problem, ...more] = problemsOf({ SECRET_KEY: since(-1, text) });
      expect([problem, more], JSON.stringify(text)).toEqual([expect.stringMatching(/^SECRET_KEY /), []]);
    }
  });

  it('is another secret only if the key itself is another', () => {
    class TwoSecrets extends ProductionConfig {
      @Secret(Joi.string())
      readonly WEBHOOK_KEY!: string;
    }
    expect(problemsOf({ SECRET_KEY: since(-1, B), WEBHOOK_KEY: B }, TwoSecrets)).toEqual([
      'WEBHOOK_KEY is also used for SECRET_KEY',
    ]);
    expect(
      problemsOf({ SECRET_KEY: A, SECRET_KEY_FALLBACKS: `${since(-1, B)},${B}` }),
      'one fallback twice',
    ).toHaveLength(1);
  });

  it('is redacted wherever the key itself appears', () => {
    class WithCopy extends ProductionConfig {
      @Secret(Joi.string().optional())
      readonly OTHER?: string;
    }
    const config = WithCopy.load({ ...keyEnv([since(-1, B)]), CACHE_NAMESPACE: 'orders' });
    expect(JSON.stringify(config.explain())).not.toContain(B);
  });

  it('is read back as it was written, and any other text is a key as a whole', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59Z') });
    fc.assert(
      fc.property(time, text, (date, key) => {
        expect(parseKey(`since=${showTime(date.getTime())};${key}`)).toEqual({ key, since: date.getTime() });
        if (!/^\s*since\s*=/i.test(key)) expect(parseKey(key)).toEqual({ key, since: -Infinity });
      }),
      { numRuns: runs(2_000) },
    );
    fc.assert(
      fc.property(fc.string(), (any) => {
        const parsed = parseTime(any);
        expect(parsed === undefined || Number.isFinite(parsed)).toBe(true);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe('check warns about times of keys', () => {
  const advice = (...keys: string[]) => {
    const [SECRET_KEY, ...SECRET_KEY_FALLBACKS] = keys;
    return keyScheduleAdvice({ SECRET_KEY, SECRET_KEY_FALLBACKS }).map(
      ({ id, message }) => `${id}: ${message}`,
    );
  };

  it.each<[string, string[], string[]]>([
    ['a key without a time', [A], []],
    ['a time in half an hour', [since(30, B), A], []],
    ['a time in 7 days', [since(7 * 24 * 60, B), A], []],
    ['a time that has just come', [since(0, B), A], []],
    [
      'a time in less than 5 minutes',
      [since(4, B), A],
      ['key-time: signs from 2026-11-29T12:04Z on, in less than'],
    ],
    [
      'a time in a year',
      [since(365 * 24 * 60, B), A],
      ['key-time: signs from 2027-11-29T12:00Z on, in more than'],
    ],
    [
      'a new key behind the old one',
      [A, since(30, B)],
      ['key-time: item 1 signs from 2026-11-29T12:30Z on, but an earlier key'],
    ],
    ['fallbacks after 29 days', [since(-29 * 24 * 60, B), A], []],
    [
      'fallbacks after 30 days',
      [since(-30 * 24 * 60, B), A],
      ['retirable-key: lists other keys, although SECRET_KEY has signed since 2026-10-30'],
    ],
    ['a key that is alone since long ago', [since(-300 * 24 * 60, B)], []],
  ])('%s', (_what, keys, expected) => {
    expect(advice(...keys)).toEqual(expected.map((text) => expect.stringContaining(text)));
  });
});

describe('keygen --since', () => {
  const made = async (text: string) =>
    (await keygen.run({ values: { since: text }, positionals: [] })).output;

  it.each([
    ['+10m', '2026-11-29T12:10Z'],
    ['+90s', '2026-11-29T12:02Z'],
    ['+2h', '2026-11-29T14:00Z'],
    ['+1d', '2026-11-30T12:00Z'],
    ['2027-01-31T12:30+01:00', '2027-01-31T11:30Z'],
    ['2027-01-31T12:30:01Z', '2027-01-31T12:31Z'],
  ])('%s makes a key that signs from then on: %s', async (text, time) => {
    const output = await made(text);
    expect(output).toMatch(new RegExp(`^since=${time.replace('+', '\\+')};[\\w-]{43}\\n$`));
    expect(() => ringOf(output.trim(), A)).not.toThrow();
  });

  it.each([
    '10m',
    '+',
    '+0m',
    '+m',
    '-5m',
    '+10w',
    'tomorrow',
    '2026-11-29T12:30',
    '2026-11-29T11:59Z',
    '+999999999d',
  ])('refuses %s', async (text) => {
    await expect(async () => made(text)).rejects.toThrow('--since');
  });
});

type Middleware = (request: never, response: never, next: () => void) => unknown;

/** A server with the middleware alone, which counts the visits of a session. */
async function startServer(middleware: Middleware): Promise<string> {
  const server = createServer((request, response) => {
    middleware(request as never, response as never, () => response.end(String(countVisit(request))));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function countVisit(request: object): number {
  const { session: kept } = request as { session: { visits?: number } };
  kept.visits = (kept.visits ?? 0) + 1;
  return kept.visits;
}

async function visit(url: string, kept = '') {
  const response = await fetch(url, { headers: { cookie: kept, connection: 'close' } });
  const set = response.headers.getSetCookie().map((line) => line.split(';', 1)[0]!);
  return { visits: await response.json(), cookie: set.length > 0 ? set.join('; ') : kept };
}

async function startFastify(secret: unknown, sessionSecret?: unknown) {
  const app = fastify();
  onTestFinished(() => app.close());
  await app.register(cookie, secret === undefined ? {} : { secret: secret as never });
  if (sessionSecret !== undefined)
    await app.register(session, { secret: sessionSecret as never, cookie: { secure: false } });
  app.get('/keep', (_request, reply) => reply.setCookie('user', 'ada', { signed: true }).send('kept'));
  app.get('/look', (request) => request.unsignCookie(request.cookies['user'] ?? ''));
  app.get('/visit', (request, reply) => reply.send(String(countVisit(request))));
  await app.ready();
  return app;
}

/** A signature of the package cookie-signature. */
function sign(value: string, secret: string): string {
  return `${value}.${createHmac('sha256', secret).update(value).digest('base64').replaceAll('=', '')}`;
}
