import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import cookie from '@fastify/cookie';
import { Controller, Get, Inject, Injectable, Module, Req, Res, Session } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import cookieSession from 'cookie-session';
import expressSession from 'express-session';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Keygrip from 'keygrip';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BaseConfig,
  KeyRing,
  KeyRingError,
  PageRequestError,
  ProductionConfig,
  ProductionConfigModule,
  resolvePage,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';

const [B, C] = OTHER_KEYS;

/** The package cookies, which cookie-session is built on. */
const Cookies = createRequire(createRequire(import.meta.url).resolve('cookie-session'))('cookies') as new (
  request: IncomingMessage,
  response: ServerResponse,
  options: unknown,
) => { set(name: string, value: string, options: object): void };

/** An independent implementation of the ring's documented derivation: HKDF-SHA256 of RFC 5869. */
function derived(secret: string, kind: string, purpose: string, length = 32): Buffer {
  const info = `nestjs-production-config/1/${kind}/${purpose}`;
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'utf8'), Buffer.alloc(0), info, length));
}

const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest('base64url');

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

describe('a signature', () => {
  const signature = ringOf(A).sign('invitation', 'ada@example.org');

  it('is current for the signing key, stale for a fallback, and invalid for any other key', () => {
    expect(ringOf(A).verify('invitation', 'ada@example.org', signature)).toBe('current');
    expect(ringOf(A, B).verify('invitation', 'ada@example.org', signature)).toBe('current');
    expect(ringOf(B, A).verify('invitation', 'ada@example.org', signature)).toBe('stale');
    expect(ringOf(B, C, A).verify('invitation', 'ada@example.org', signature)).toBe('stale');
    expect(ringOf(B, C).verify('invitation', 'ada@example.org', signature)).toBe(false);
  });

  it('is invalid for another purpose or other data', () => {
    const ring = ringOf(A);
    for (const purpose of ['Invitation', 'invitation ', 'invitation/', 'password-reset', 'id', '1']) {
      expect(ring.verify(purpose, 'ada@example.org', signature)).toBe(false);
    }
    for (const data of ['', 'ada@example.org ', 'Ada@example.org', 'ada@example.org\0', signature]) {
      expect(ring.verify('invitation', data, signature)).toBe(false);
    }
  });

  it('is the same for a string and for its UTF-8 bytes', () => {
    const ring = ringOf(A);
    for (const text of ['', 'ada', 'é', '😀', '\0', 'x'.repeat(1e6)]) {
      expect(ring.sign('p', Buffer.from(text))).toBe(ring.sign('p', text));
      expect(ring.verify('p', new Uint8Array(Buffer.from(text)), ring.sign('p', text))).toBe('current');
    }
    const window = new Uint8Array(Buffer.from('--ada--')).subarray(2, 5);
    expect(ring.sign('p', window)).toBe(ring.sign('p', 'ada'));
  });

  it('has only one valid spelling', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = digits.indexOf(signature.at(-1)!);
    const bytes = Buffer.from(signature, 'base64url');
    // The last character encodes six bits, and only four of them are used.
    const others = [1, 2, 3].map((spare) => signature.slice(0, -1) + digits[last ^ spare]);
    expect(others.map((other) => Buffer.from(other, 'base64url'))).toEqual([bytes, bytes, bytes]);
    const spellings = [...others, bytes.toString('base64'), `${signature}=`, bytes.toString('hex')];
    const ring = ringOf(A);
    for (const spelling of spellings)
      expect(ring.verify('invitation', 'ada@example.org', spelling)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a number', 42],
    ['a bigint', 42n],
    ['a symbol', Symbol('signature')],
    ['a function', () => signature],
    ['an object', { toString: () => signature, length: 43 }],
    ['a String', new String(signature)],
    ['an array', [signature]],
    ['its characters', [...signature]],
    ['its text as bytes', Buffer.from(signature)],
    ['its bytes', Buffer.from(signature, 'base64url')],
    ['an empty string', ''],
    ['one character less', signature.slice(1)],
    ['one character more', `${signature}A`],
    ['43 other characters', 'A'.repeat(43)],
    ['a trailing newline', `${signature}\n`],
    ['a newline as its last character', `${signature.slice(0, -1)}\n`],
    ['a leading space', ` ${signature}`],
    ['uppercase letters', signature.toUpperCase()],
    ['full-width look-alikes', signature.replace('a', 'ａ')],
    ['a combining look-alike', signature.replace(/[a-z]/, '$&\u0301')],
    [
      'a code unit with the right low byte',
      String.fromCharCode(signature.charCodeAt(0) + 0x100) + signature.slice(1),
    ],
    ['a String of another realm', runInNewContext('new String(text)', { text: signature })],
  ])('is refused in any other form: %s', (_what, given) => {
    expect(ringOf(A, B).verify('invitation', 'ada@example.org', given)).toBe(false);
  });
});

describe('a reserved purpose', () => {
  const keys = ringOf(A);
  const list = { keys, list: 'orders', sort: ['id'] } as const;
  const limits = { pageSize: 10, maxPageSize: 10 };
  const packed = Buffer.from('[7]').toString('base64url');
  const signed = JSON.stringify(['orders', 'id:asc', packed]);

  it('is refused, so that an application cannot forge cursors of its lists', () => {
    for (const call of [
      () => keys.sign('page-cursor', signed),
      () => keys.verify('page-cursor', signed, 'x'),
    ]) {
      const error = errorOf(call);
      expect(error).toBeInstanceOf(KeyRingError);
      expect(error).toMatchObject({
        code: 'ERR_KEY_RING',
        message: "the purpose 'page-cursor' is reserved by the package: choose another name",
      });
    }
  });

  it('has a key that no other method or purpose uses', () => {
    const made = [
      keys.keygrip('page-cursor').sign(signed),
      ...['Page-cursor', 'page-cursor ', 'jwt', 'id', 'access', 'sign'].map((purpose) =>
        keys.sign(purpose, signed),
      ),
      ...['page-cursor', 'sign/page-cursor'].flatMap((purpose) =>
        keys.secrets(purpose).map((secret) => hmac(Buffer.from(secret), signed)),
      ),
    ];
    for (const signature of made) {
      expect(() => resolvePage({ after: `${packed}.${signature}` }, limits, list)).toThrow(PageRequestError);
    }
    const derivedByHand = hmac(derived(A, 'sign', 'page-cursor'), signed);
    expect(resolvePage({ after: `${packed}.${derivedByHand}` }, limits, list).after).toEqual([7]);
  });
});

describe('derivation', () => {
  const ring = ringOf(A, B);

  it('is HKDF-SHA256 of the secret for each kind and purpose, and HMAC-SHA256 in base64url', () => {
    expect(ring.sign('invitation', 'ada')).toBe(hmac(derived(A, 'sign', 'invitation'), 'ada'));
    expect(ring.keygrip('session').sign('a=b')).toBe(hmac(derived(A, 'keygrip', 'session'), 'a=b'));
    expect(ring.secrets('session')).toEqual(
      [A, B].map((secret) => derived(secret, 'secret', 'session').toString('base64url')),
    );
    expect(ring.ids).toEqual([A, B].map((secret) => derived(secret, 'id', 'id', 9).toString('base64url')));
    const { secretOrKeyProvider } = ring.jwtOptions();
    expect(secretOrKeyProvider(0, {}).export()).toEqual(derived(A, 'jwt', 'access'));
    const ofMails = ring.jwtOptions({ purpose: 'e-mail' });
    expect(ofMails.secretOrKeyProvider(0, {}).export()).toEqual(derived(A, 'jwt', 'e-mail'));
  });

  // If one of these changed, an update of the package would reject signatures in use.
  it('is the same in every version of the package', () => {
    expect(ring.sign('invitation', 'ada@example.org')).toBe('aJP2XNJqGvM52snslFoAaf8ragjqHg1L049MC8nolIo');
    expect(ring.keygrip('session').sign('session=1')).toBe('PSJcY-1va83qwLjH21l1IIq3a-29s-HpyjDzo_AQO0I');
    expect(ring.secrets('session')[0]).toBe('nOKZB5js25v0HMecza6Ylt2g-kCdjFJ0QHD-MQM5ycc');
    expect(ring.current.id).toBe('7X011W6LcNJZ');
  });

  it('gives each kind of key its own value', () => {
    const [secret = ''] = ring.secrets('session');
    const byKind = [
      ring.sign('session', 'a=b'),
      ring.keygrip('session').sign('a=b'),
      hmac(Buffer.from(secret), 'a=b'),
      hmac(Buffer.from(secret, 'base64url'), 'a=b'),
      hmac(Buffer.from(A), 'a=b'),
    ];
    expect(new Set(byKind).size).toBe(byKind.length);
    expect(byKind.map((one) => ring.verify('session', 'a=b', one) !== false)).toEqual([
      true,
      ...byKind.slice(1).map(() => false),
    ]);
    expect(byKind.map((one) => ring.keygrip('session').index('a=b', one))).toEqual([-1, 0, -1, -1, -1]);
    // No purpose can be spelt so that it gives the key of another kind, or one of the ring's internal keys.
    for (const purpose of [
      '../keygrip/session',
      'keygrip/session',
      '/session',
      '1/sign/session',
      'id',
      'access',
    ]) {
      expect(byKind).not.toContain(ring.sign(purpose, 'a=b'));
      expect(byKind).not.toContain(ring.keygrip(purpose).sign('a=b'));
    }
  });

  it('does not depend on earlier derivations', () => {
    const busy = ringOf(A, B);
    for (let user = 0; user < 1_000; user++) busy.sign(`user/${user}`, 'x');
    expect(busy.sign('user/0', 'x')).toBe(ring.sign('user/0', 'x'));
    expect(busy.ids).toEqual(ring.ids);
  });
});

describe('ids', () => {
  it('are short, unique, stable, and in the order of the keys', () => {
    const [a, b, c] = [A, B, C].map((secret) => ringOf(secret).current.id);
    expect(ringOf(A, B, C)).toMatchObject({ ids: [a, b, c], current: { id: a } });
    expect(ringOf(C, A)).toMatchObject({ ids: [c, a], current: { id: c } });
    expect(new Set([a, b, c]).size).toBe(3);
    for (const id of [a, b, c]) expect(id).toMatch(/^[\w-]{12}$/);
  });

  it('are neither part of the key nor a plain hash of it', () => {
    const id = ringOf(A).current.id;
    for (const encoding of ['base64url', 'hex', 'base64'] as const) {
      for (const hash of ['sha256', 'sha1', 'md5', 'sha512']) {
        for (const data of [A, Buffer.from(A, 'base64url')]) {
          expect(createHash(hash).update(data).digest(encoding)).not.toContain(id);
        }
      }
    }
    expect(A).not.toContain(id);
    for (const keys of [ringOf(A).secrets('id'), ringOf(A).sign('id', 'id')]) expect(keys).not.toContain(id);
  });
});

describe('the input of a ring', () => {
  const ring = ringOf(A);
  const canary = 'canary-7f3a';

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['a text of 201 characters', canary.padEnd(201, 'x')],
    ['a text that is not ASCII', `${canary}é`],
    ['a text with a newline', `${canary}\n`],
    ['a text with a NUL', `${canary}\0`],
    ['a number', 42],
    ['undefined', undefined],
    ['a String', new String(canary)],
    ['an array', [canary]],
    ['an object', { toString: () => canary }],
    ['a symbol', Symbol(canary)],
  ])('cannot have %s as a purpose, and the error does not show it', (_what, given) => {
    const purpose = given as string;
    const calls = [
      () => ring.sign(purpose, 'x'),
      () => ring.verify(purpose, 'x', 'x'),
      () => ring.keygrip(purpose),
      () => ring.secrets(purpose),
    ];
    for (const error of calls.map(errorOf)) {
      expect(error).toBeInstanceOf(KeyRingError);
      expect(error).toMatchObject({ name: 'KeyRingError', code: 'ERR_KEY_RING' });
      expect(error.message).toContain('1 to 200 printable ASCII characters');
      expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain('canary');
    }
  });

  it.each<[string, object]>([
    ['no SECRET_KEY', {}],
    ['an empty SECRET_KEY', { SECRET_KEY: '' }],
    ['a SECRET_KEY that is not a string', { SECRET_KEY: Buffer.from(A) }],
    ['an empty fallback', { SECRET_KEY: A, SECRET_KEY_FALLBACKS: [''] }],
  ])('cannot be a configuration with %s, and the error does not show the key', (_what, settings) => {
    const error = errorOf(() => new KeyRing(settings as ProductionConfig));
    expect(error).toBeInstanceOf(KeyRingError);
    expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain(A);
  });

  // Each character would be a key, and an attacker could try them all.
  it('cannot have fallbacks that are a string instead of a list', () => {
    const variables = { SECRET_KEY: A, SECRET_KEY_FALLBACKS: B } as unknown as ProductionConfig;
    expect(() => new KeyRing(variables)).toThrow(KeyRingError);
  });

  it('can have any other purpose', () => {
    const purposes = [' ', '~', 'x'.repeat(200), '__proto__', 'constructor', 'a/b', '%00', '{}', '\\'];
    const signatures = purposes.map((purpose) => ring.sign(purpose, 'x'));
    expect(new Set(signatures).size).toBe(purposes.length);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
    ['a String', new String(canary)],
    ['an object', { canary }],
    ['an array of bytes', [1, 2, 3]],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['a Uint16Array', Uint16Array.of(1)],
    ['a promise', Promise.resolve(canary)],
    ['a lone surrogate', `${canary}\ud800`],
  ])('cannot have %s as data, and the error does not show it', (_what, given) => {
    const data = given as string;
    const someSignature = ring.sign('p', 'x');
    expect(ring.verify('p', data, someSignature)).toBe(false);
    expect(ring.keygrip('p').index(data, someSignature)).toBe(-1);
    const calls = [() => ring.sign('p', data), () => ring.keygrip('p').sign(data)];
    for (const error of calls.map(errorOf)) {
      expect(error).toBeInstanceOf(KeyRingError);
      expect(error).toMatchObject({
        code: 'ERR_KEY_RING',
        message: 'only well-formed text or bytes can be signed',
      });
      expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain('canary');
    }
  });

  it.each<[string, unknown]>([
    ['an object with only the prototype of Uint8Array', Object.create(Uint8Array.prototype)],
    ['a proxy of a Uint8Array', new Proxy(Uint8Array.of(1), {})],
  ])('cannot have %s as data', (_what, given) => {
    expect(() => ring.sign('p', given as Uint8Array)).toThrow(KeyRingError);
  });

  it('can have bytes of another realm as data, as test runners create them', () => {
    const bytes = runInNewContext('Uint8Array.of(97)') as Uint8Array;
    expect(ring.sign('p', bytes)).toBe(ring.sign('p', 'a'));
  });
});

describe('a ring', () => {
  /** Everything reachable from a value, as texts. */
  function reachable(value: unknown, seen = new Set<unknown>()): string[] {
    if (typeof value === 'string') return [value];
    if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer).toString('latin1')];
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      return [];
    seen.add(value);
    const members = Reflect.ownKeys(value).flatMap((key) => {
      const { value: held, get } = Object.getOwnPropertyDescriptor(value, key)!;
      const got = get === undefined ? held : attempt(() => get.call(value));
      return [String(key), ...reachable(got, seen)];
    });
    return [...members, ...reachable(Object.getPrototypeOf(value), seen)];
  }

  function attempt(call: () => unknown): unknown {
    try {
      return call();
    } catch {
      return undefined;
    }
  }

  /** The encodings in which a secret could be shown. */
  function formsOf(bytes: Buffer): string[] {
    const spacedHex = bytes
      .subarray(0, 16)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ');
    const encodings = ['hex', 'base64', 'base64url', 'latin1'] as const;
    return [spacedHex, ...encodings.map((encoding) => bytes.toString(encoding).replace(/=+$/, ''))];
  }

  it('shows no key, and no derived value except the ids', () => {
    const ring = ringOf(A, B);
    const shown = [ring, ring.jwtOptions({ legacy: { secrets: [A] } }), ring.keygrip('session')].flatMap(
      (value) => [
        ...[true, false].map((customInspect) =>
          inspect(value, { showHidden: true, getters: true, depth: Infinity, customInspect }),
        ),
        JSON.stringify(value),
        inspect({ ...value }, { showHidden: true, depth: Infinity }),
        ...reachable(value),
      ],
    );
    shown.push(inspect(structuredClone(ring)));
    const kinds = [
      ['sign', 'session'],
      ['jwt', 'access'],
      ['keygrip', 'session'],
      ['secret', 'session'],
    ] as const;
    const secrets = [A, B].flatMap((secret) => [
      Buffer.from(secret),
      ...kinds.map(([kind, purpose]) => derived(secret, kind, purpose)),
    ]);
    expect(shown.join('\n')).toContain(ring.current.id);
    for (const form of secrets.flatMap(formsOf)) expect(shown.join('\n')).not.toContain(form);
    expect(JSON.parse(JSON.stringify(ring))).toEqual({ ids: ring.ids, current: ring.current });
  });

  it('is frozen', () => {
    const ring = ringOf(A, B);
    for (const part of [ring, ring.ids, ring.current]) expect(Object.isFrozen(part)).toBe(true);
    expect(() => Object.assign(ring, { sign: () => '' })).toThrow(TypeError);
    expect(() => (ring.ids as string[]).push('mine')).toThrow(TypeError);
    const secrets = ring.secrets('session');
    secrets.fill('mine');
    expect(ring.secrets('session')).not.toContain('mine');
  });

  it('does not grow when purposes come from user input', async () => {
    const ring = ringOf(A);
    const memoryUsed = async () => {
      // The memory of keys is freed in the background.
      for (let round = 0; round < 2; round++) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    for (let user = 0; user < 1_000; user++) ring.sign(`warm/${user}`, 'x');
    const before = await memoryUsed();
    for (let user = 0; user < 100_000; user++) ring.sign(`user/${user}`.padEnd(100, '-'), 'x');
    const grown = (await memoryUsed()) - before;
    // If they were stored, they would take more than 30 MiB.
    expect(grown).toBeLessThan(4 * 2 ** 20);
    // Keeps the ring itself alive until here.
    expect(ring.verify('p', 'x', ring.sign('p', 'x'))).toBe('current');
  });
});

describe('a class that extends JwtService', () => {
  @Injectable()
  class RefreshTokens extends JwtService {
    constructor(@Inject(KeyRing) keys: KeyRing) {
      super(keys.jwtOptions({ purpose: 'refresh' }));
    }
  }

  it('injects the ring by its token, beside a JwtModule for another purpose', async () => {
    const testing = await Test.createTestingModule({
      imports: [
        ProductionConfigModule.forRoot({ env: keyEnv([A, B]) }),
        JwtModule.registerAsync({ inject: [KeyRing], useFactory: (keys: KeyRing) => keys.jwtOptions() }),
      ],
      providers: [RefreshTokens],
    }).compile();
    const [access, refresh] = [testing.get(JwtService), testing.get(RefreshTokens)];
    expect(access).not.toBe(refresh);
    expect(await refresh.verifyAsync(refresh.sign({ sub: 'ada' }))).toMatchObject({ sub: 'ada' });
    expect(() => access.verify(refresh.sign({}))).toThrow('invalid signature');
    expect(() => refresh.verify(access.sign({}))).toThrow('invalid signature');
  });
});

describe('the ring of an application', () => {
  class AppConfig extends ProductionConfig {}

  const compile = (...keys: string[]) =>
    Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ config: AppConfig, env: keyEnv(keys) })],
    });

  it('is injected by its class as a singleton, without an import', async () => {
    @Injectable()
    class Invitations {
      constructor(readonly keys: KeyRing) {}
    }
    @Module({ providers: [Invitations] })
    class InvitationsModule {}
    const testing = await Test.createTestingModule({
      imports: [InvitationsModule, ProductionConfigModule.forRoot({ env: keyEnv([A, B]) })],
    }).compile();
    const { keys } = testing.get(Invitations);
    expect(testing.get(KeyRing)).toBe(keys);
    expect(keys.ids).toEqual(ringOf(A, B).ids);
  });

  it('is independent of other applications in the process', async () => {
    const [one, two, three] = await Promise.all([[A], [B], [A]].map((keys) => compile(...keys).compile()));
    const [first, second, third] = [one, two, three].map((testing) => testing!.get(KeyRing));
    const signature = first!.sign('p', 'x');
    expect(second!.verify('p', 'x', signature)).toBe(false);
    expect(second!.ids).not.toEqual(first!.ids);
    expect(third).not.toBe(first);
    expect(third!.verify('p', 'x', signature)).toBe('current');
  });

  it('has the keys of a configuration that a test overrides', async () => {
    const testing = await compile(A)
      .overrideProvider(AppConfig)
      .useValue(AppConfig.load(keyEnv([B, A])))
      .compile();
    expect(testing.get(KeyRing).ids).toEqual(ringOf(B, A).ids);
    expect(testing.get(BaseConfig).SECRET_KEY).toBe(B);
  });

  it('has the keys that the application fetched', async () => {
    const testing = await Test.createTestingModule({
      imports: [
        ProductionConfigModule.forRootAsync({
          env: keyEnv([A]),
          useFactory: () => ({ secrets: { SECRET_KEY: B, SECRET_KEY_FALLBACKS: `${A},${C}` } }),
        }),
      ],
    }).compile();
    expect(testing.get(KeyRing).ids).toEqual(ringOf(B, A, C).ids);
  });
});

/** Stores cookies as a browser does. */
class Browser {
  constructor(readonly cookies = new Map<string, string>()) {}

  async open(url: string): Promise<unknown> {
    const header = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { headers: { cookie: header, connection: 'close' } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    return response.json();
  }

  copy(): Browser {
    return new Browser(new Map(this.cookies));
  }
}

@Controller()
class VisitsController {
  @Get('visit')
  visit(@Session() session: { visits?: number }) {
    session.visits = (session.visits ?? 0) + 1;
    return session.visits;
  }

  @Get('look')
  look(@Session() session: { visits?: number }) {
    return session.visits ?? 0;
  }
}

async function startExpress(keys: readonly string[], sessionOf: (ring: KeyRing) => unknown): Promise<string> {
  const testing = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ env: keyEnv(keys) })],
    controllers: [VisitsController],
  }).compile();
  const app = testing.createNestApplication<NestExpressApplication>({ logger: false });
  app.use(sessionOf(app.get(KeyRing)));
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

describe('keygrip', () => {
  it('signs and verifies like the package keygrip with the derived keys', () => {
    const ours = ringOf(A, B).keygrip('session');
    const keys = [A, B].map((secret) => derived(secret, 'keygrip', 'session')) as unknown as string[];
    const theirs = new Keygrip(keys, 'sha256', 'base64');
    const stale = ringOf(B).keygrip('session').sign('session=1');
    const digests = [
      theirs.sign('session=1'),
      stale,
      ours.sign('session=2'),
      '',
      'x',
      'A'.repeat(43),
      `${stale}=`,
    ];
    expect(ours.sign('session=1')).toBe(theirs.sign('session=1'));
    for (const digest of digests) {
      expect(ours.index('session=1', digest)).toBe(theirs.index('session=1', digest));
      expect(ours.verify('session=1', digest)).toBe(theirs.verify('session=1', digest));
    }
    expect(digests.map((digest) => ours.index('session=1', digest))).toEqual([0, 1, -1, -1, -1, -1, -1]);
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
  });

  it('is recognised as a Keygrip by the package cookies, so that every cookie is signed', async () => {
    const keygrip = ringOf(A).keygrip('session');
    for (const options of [keygrip, { keys: keygrip }]) {
      const server = createServer((request, response) => {
        new Cookies(request, response, options).set('user', 'ada', {});
        response.end();
      }).listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { headers } = await fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } });
      const sent = headers.getSetCookie().map((line) => line.split(';', 1)[0]);
      expect(sent).toEqual(['user=ada', `user.sig=${keygrip.sign('user=ada')}`]);
    }
  });

  it('accepts a cookie-session of the old key and signs it with the new one', async () => {
    const sessionOf = (ring: KeyRing) => cookieSession({ name: 'session', keys: ring.keygrip('session') });
    const [atA, atBA, atB] = await Promise.all(
      [[A], [B, A], [B]].map((keys) => startExpress(keys, sessionOf)),
    );
    const browser = new Browser();
    expect(await browser.open(`${atA}/visit`)).toBe(1);
    const idle = browser.copy();

    expect(await browser.open(`${atBA}/look`)).toBe(1);
    expect(browser.cookies.get('session')).toBe(idle.cookies.get('session'));
    expect(browser.cookies.get('session.sig')).not.toBe(idle.cookies.get('session.sig'));
    expect(await browser.copy().open(`${atB}/look`)).toBe(1);
    expect(await idle.copy().open(`${atB}/look`)).toBe(0);

    const forger = browser.copy();
    forger.cookies.set('session', Buffer.from('{"visits":99}').toString('base64'));
    expect(await forger.open(`${atBA}/look`)).toBe(0);
    const stranger = browser.copy();
    stranger.cookies.set(
      'session.sig',
      ringOf(B)
        .keygrip('other')
        .sign(`session=${browser.cookies.get('session')}`),
    );
    expect(await stranger.open(`${atBA}/look`)).toBe(0);
  });
});

describe('secrets', () => {
  it('are texts derived for the purpose, with that of the current key first', () => {
    const secrets = ringOf(A, B).secrets('session');
    expect(secrets).toEqual([...ringOf(A).secrets('session'), ...ringOf(B).secrets('session')]);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(new Set([...secrets, ...ringOf(A, B).secrets('csrf')]).size).toBe(4);
    expect(secrets).not.toContain(A);
  });

  it.each([
    { rolling: false, what: 'does not renew its signature', signedAnew: false },
    { rolling: true, what: 'signs it with the new key if it is rolling', signedAnew: true },
  ])('accept an express-session of the old key; express-session $what', async ({ rolling, signedAnew }) => {
    const store = new expressSession.MemoryStore();
    const sessionOf = (ring: KeyRing) =>
      expressSession({
        secret: ring.secrets('session'),
        store,
        rolling,
        resave: false,
        saveUninitialized: false,
      });
    const [atA, atBA, atB] = await Promise.all(
      [[A], [B, A], [B]].map((keys) => startExpress(keys, sessionOf)),
    );
    const browser = new Browser();
    expect(await browser.open(`${atA}/visit`)).toBe(1);
    const idle = browser.copy();

    expect(await browser.open(`${atBA}/visit`)).toBe(2);
    expect(browser.cookies.get('connect.sid') !== idle.cookies.get('connect.sid')).toBe(signedAnew);
    expect(await browser.copy().open(`${atB}/look`)).toBe(signedAnew ? 2 : 0);
    expect(await idle.copy().open(`${atB}/look`)).toBe(0);
  });

  it('accept a cookie that @fastify/cookie signed with the old key, and flag it for renewal', async () => {
    @Controller()
    class CookieController {
      @Get('keep')
      keep(@Res({ passthrough: true }) reply: FastifyReply) {
        reply.setCookie('user', 'ada', { signed: true });
        return {};
      }

      @Get('look')
      look(@Req() request: FastifyRequest) {
        return request.unsignCookie(request.cookies['user'] ?? '');
      }
    }

    async function startFastify(keys: readonly string[]): Promise<string> {
      const testing = await Test.createTestingModule({
        imports: [ProductionConfigModule.forRoot({ env: keyEnv(keys) })],
        controllers: [CookieController],
      }).compile();
      const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
        logger: false,
      });
      await app.register(cookie, { secret: app.get(KeyRing).secrets('cookie') });
      onTestFinished(() => app.close());
      await app.listen(0, '127.0.0.1');
      return app.getUrl();
    }

    const [atA, atBA, atB] = await Promise.all([[A], [B, A], [B]].map(startFastify));
    const browser = new Browser();
    await browser.open(`${atA}/keep`);
    expect(await browser.open(`${atA}/look`)).toEqual({ valid: true, renew: false, value: 'ada' });
    expect(await browser.open(`${atBA}/look`)).toEqual({ valid: true, renew: true, value: 'ada' });
    expect(await browser.open(`${atB}/look`)).toMatchObject({ valid: false });
    await browser.open(`${atBA}/keep`);
    expect(await browser.open(`${atB}/look`)).toEqual({ valid: true, renew: false, value: 'ada' });
  });
});
