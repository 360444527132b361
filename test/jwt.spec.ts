import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  sign as signWith,
  type KeyObject,
} from 'node:crypto';
import { Controller, Get, Injectable, Req, UseGuards } from '@nestjs/common';
import {
  JsonWebTokenError,
  JwtModule,
  JwtService,
  NotBeforeError,
  TokenExpiredError,
  type JwtModuleOptions,
  JwtSecretRequestType,
} from '@nestjs/jwt';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { describe, expect, it } from 'vitest';
import { KeyRing, KeyRingError, ProductionConfigModule } from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { ADAPTERS } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';

const [B, C] = OTHER_KEYS;
const PAYLOAD = { sub: 'ada', iat: 1_700_000_000 };

/** A JwtService as an application gets it. */
async function jwtOf(
  keys: readonly string[],
  optionsOf = (ring: KeyRing): JwtModuleOptions => ring.jwtOptions(),
) {
  const testing = await Test.createTestingModule({
    imports: [
      ProductionConfigModule.forRoot({ env: keyEnv(keys) }),
      JwtModule.registerAsync({ inject: [KeyRing], useFactory: optionsOf }),
    ],
  }).compile();
  return testing.get(JwtService);
}

/** A service as it was before: its tokens are signed with the SECRET_KEY itself. */
const stock = (secret: string, signOptions: JwtModuleOptions['signOptions'] = {}) =>
  new JwtService({ secret, signOptions });

const keyOf = (secret: string): KeyObject => ringOf(secret).jwtOptions().secretOrKeyProvider(0, {});
const idOf = (secret: string): string => ringOf(secret).current.id;
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token made by hand, with any header. */
function tokenOf(
  header: unknown,
  key: KeyObject,
  { hash = 'sha256', payload = encoded(PAYLOAD) } = {},
): string {
  const signed = `${encoded(header)}.${payload}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

describe('tokens', () => {
  it('name the key that signed them, and HS256', async () => {
    const jwt = await jwtOf([A, B]);
    const { header, payload } = jwt.decode(jwt.sign(PAYLOAD), { complete: true });
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: idOf(A) });
    expect(payload).toEqual(PAYLOAD);
    expect(jwt.sign(PAYLOAD)).toBe(tokenOf(header, keyOf(A)));
  });

  // Were it to change, an update of the package would refuse what is in use.
  it('never change', async () => {
    expect((await jwtOf([A])).sign({ sub: 'ada' }, { noTimestamp: true })).toBe(
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjdYMDExVzZMY05KWiJ9.eyJzdWIiOiJhZGEifQ.' +
        'uvuj_QyymAeyZTASeH0teKkhTjRYTvfNGOaOIADBco0',
    );
  });

  it.each<[string, object]>([
    ['the kid of the key', { kid: idOf(A) }],
    ['no kid', {}],
    ['an unknown kid', { kid: 'of-another-library' }],
    ['a kid that is null', { kid: null }],
    ['a kid that is an array', { kid: [idOf(A)] }],
    ['a kid that is an object', { kid: { toString: 'x' } }],
    ['the kid __proto__', { kid: '__proto__' }],
    ['the kid 0', { kid: '0' }],
    ['a kid of 100,000 characters', { kid: 'x'.repeat(100_000) }],
  ])('are verified by the key that signed them, with %s', async (_what, named) => {
    const token = tokenOf({ alg: 'HS256', typ: 'JWT', ...named }, keyOf(A));
    for (const keys of [[A], [A, B], [B, A], [B, C, A]]) {
      const jwt = await jwtOf(keys);
      expect(jwt.verify(token)).toEqual(PAYLOAD);
      expect(await jwt.verifyAsync(token)).toEqual(PAYLOAD);
    }
    const retired = await jwtOf([B, C]);
    expect(() => retired.verify(token)).toThrow(new JsonWebTokenError('invalid signature'));
    await expect(retired.verifyAsync(token)).rejects.toThrow(new JsonWebTokenError('invalid signature'));
  });

  it('are verified by the key that the kid names, and by no other', async () => {
    const jwt = await jwtOf([A, B]);
    const crossed = tokenOf({ alg: 'HS256', typ: 'JWT', kid: idOf(B) }, keyOf(A));
    expect(() => jwt.verify(crossed)).toThrow(new JsonWebTokenError('invalid signature'));
  });

  it('are signed and verified by signAsync and verifyAsync too', async () => {
    const [old, fresh] = await Promise.all([jwtOf([A]), jwtOf([B, A])]);
    const token = await old.signAsync(PAYLOAD);
    expect(token).toBe(old.sign(PAYLOAD));
    expect(await fresh.verifyAsync(token)).toEqual(PAYLOAD);
  });
});

describe('purpose', () => {
  it('keeps the tokens of each apart from all others', async () => {
    const access = await jwtOf([A, B]);
    const mail = await jwtOf([B, A], (ring) => ring.jwtOptions({ purpose: 'e-mail' }));
    expect(mail.verify(mail.sign(PAYLOAD))).toEqual(PAYLOAD);
    expect(
      (await jwtOf([A], (ring) => ring.jwtOptions({ purpose: 'access' }))).verify(access.sign(PAYLOAD)),
    ).toEqual(PAYLOAD);
    expect(() => access.verify(mail.sign(PAYLOAD))).toThrow(new JsonWebTokenError('invalid signature'));
    expect(() => mail.verify(access.sign(PAYLOAD))).toThrow(new JsonWebTokenError('invalid signature'));
    expect(() => ringOf(A).jwtOptions({ purpose: '' })).toThrow(KeyRingError);
  });
});

describe('acceptRaw', () => {
  const accepting = (ring: KeyRing) => ring.jwtOptions({ acceptRaw: true });

  it.each<[string, string]>([
    ['SECRET_KEY', stock(B).sign(PAYLOAD)],
    ['a fallback', stock(A).sign(PAYLOAD)],
    ['SECRET_KEY, under a kid of its own', stock(B, { keyid: 'key-1' }).sign(PAYLOAD)],
  ])('takes what was signed with %s itself, for as long as it is set', async (_what, token) => {
    expect((await jwtOf([B, A], accepting)).verify(token)).toEqual(PAYLOAD);
    for (const jwt of [await jwtOf([B, A]), await jwtOf([C], accepting)]) {
      expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError('invalid signature'));
    }
  });

  it('takes no other algorithm than HS256 for it', async () => {
    const jwt = await jwtOf([B, A], accepting);
    for (const algorithm of ['HS384', 'HS512'] as const) {
      const token = stock(B, { algorithm }).sign(PAYLOAD);
      expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError('invalid algorithm'));
    }
  });

  it('signs nothing with the secret itself', async () => {
    const token = (await jwtOf([A], accepting)).sign(PAYLOAD);
    expect(() => stock(A).verify(token)).toThrow(new JsonWebTokenError('invalid signature'));
    expect((await jwtOf([A])).verify(token)).toEqual(PAYLOAD);
  });

  it('does not take the secret for the key that a kid names', async () => {
    const token = stock(A, { keyid: idOf(A) }).sign(PAYLOAD);
    const jwt = await jwtOf([A], accepting);
    expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError('invalid signature'));
  });
});

describe('signRaw', () => {
  it('signs as the service did before, with no kid, and takes the tokens of both', async () => {
    const jwt = await jwtOf([B, A], (ring) => ring.jwtOptions({ signRaw: true, acceptRaw: false }));
    expect(jwt.sign(PAYLOAD)).toBe(stock(B).sign(PAYLOAD));
    expect(await jwt.signAsync(PAYLOAD)).toBe(stock(B).sign(PAYLOAD));
    const signers = [stock(B), stock(A), await jwtOf([B]), await jwtOf([A])];
    for (const signer of signers) expect(jwt.verify(signer.sign(PAYLOAD))).toEqual(PAYLOAD);
    for (const signer of [stock(C), await jwtOf([C])]) {
      expect(() => jwt.verify(signer.sign(PAYLOAD))).toThrow(new JsonWebTokenError('invalid signature'));
    }
    expect(jwt.sign(PAYLOAD, { secret: C })).toBe(stock(B).sign(PAYLOAD));
  });

  it('lets a service come to the ring without refusing a token that it has issued', async () => {
    const stages = [
      stock(A),
      await jwtOf([A], (ring) => ring.jwtOptions({ signRaw: true })),
      await jwtOf([A], (ring) => ring.jwtOptions({ acceptRaw: true })),
      await jwtOf([A]),
    ];
    const accepts = (node: JwtService, token: string) => {
      try {
        return node.verify<typeof PAYLOAD>(token).sub === 'ada';
      } catch {
        return false;
      }
    };
    // In each row, one stage's token at the nodes of every stage: neighbours run side by side.
    expect(stages.map((signer) => stages.map((node) => accepts(node, signer.sign(PAYLOAD))))).toEqual([
      [true, true, true, false],
      [true, true, true, false],
      [false, true, true, true],
      [false, true, true, true],
    ]);
  });
});

const header = { alg: 'HS256', typ: 'JWT', kid: idOf(A) };
const valid = tokenOf(header, keyOf(A));
const [head = '', body = '', signature = ''] = valid.split('.');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaToken = `${encoded({ ...header, alg: 'RS256' })}.${body}`;
const bySign = `${head}.${body}.${ringOf(A).sign('access', `${head}.${body}`)}`;
const byKeygrip = `${head}.${body}.${ringOf(A).keygrip('access').sign(`${head}.${body}`)}`;

/** What is no token of ours, and the message that jsonwebtoken has for it. */
const REFUSED: [string, unknown, string][] = [
  [
    'alg none without a signature',
    `${encoded({ ...header, alg: 'none' })}.${body}.`,
    'jwt signature is required',
  ],
  ['alg none, no kid', `${encoded({ alg: 'none' })}.${body}.`, 'jwt signature is required'],
  ['alg none with a signature', tokenOf({ ...header, alg: 'none' }, keyOf(A)), 'invalid algorithm'],
  ['alg None', tokenOf({ ...header, alg: 'None' }, keyOf(A)), 'invalid algorithm'],
  ['alg hs256', tokenOf({ ...header, alg: 'hs256' }, keyOf(A)), 'invalid algorithm'],
  ['alg [HS256]', tokenOf({ ...header, alg: ['HS256'] }, keyOf(A)), 'invalid algorithm'],
  ['no alg', tokenOf({ typ: 'JWT' }, keyOf(A)), 'invalid algorithm'],
  [
    'HS384 by the same key',
    tokenOf({ ...header, alg: 'HS384' }, keyOf(A), { hash: 'sha384' }),
    'invalid algorithm',
  ],
  [
    'HS512 by the same key',
    tokenOf({ ...header, alg: 'HS512' }, keyOf(A), { hash: 'sha512' }),
    'invalid algorithm',
  ],
  ['HS512 named as HS256', tokenOf(header, keyOf(A), { hash: 'sha512' }), 'invalid signature'],
  ['RS256 by HMAC of the same key', tokenOf({ ...header, alg: 'RS256' }, keyOf(A)), 'invalid algorithm'],
  [
    'RS256 by an RSA key',
    `${rsaToken}.${signWith('sha256', Buffer.from(rsaToken), rsa.privateKey).toString('base64url')}`,
    'invalid algorithm',
  ],
  [
    'HS256 by the text of a public key',
    tokenOf(header, createSecretKey(Buffer.from(rsa.publicKey.export({ type: 'spki', format: 'pem' })))),
    'invalid signature',
  ],
  ['a foreign signature under our kid', tokenOf(header, keyOf(C)), 'invalid signature'],
  ['a foreign signature under its kid', tokenOf({ ...header, kid: idOf(C) }, keyOf(C)), 'invalid signature'],
  ['a foreign signature without a kid', tokenOf({ alg: 'HS256' }, keyOf(C)), 'invalid signature'],
  ['a kid as an array', tokenOf({ ...header, kid: [idOf(A)] }, keyOf(C)), 'invalid signature'],
  ['a kid as an object', tokenOf({ ...header, kid: { length: 1 } }, keyOf(C)), 'invalid signature'],
  ['the kid __proto__', tokenOf({ ...header, kid: '__proto__' }, keyOf(C)), 'invalid signature'],
  ['the kid -1', tokenOf({ ...header, kid: -1 }, keyOf(C)), 'invalid signature'],
  ['a kid of a megabyte', tokenOf({ ...header, kid: 'x'.repeat(2 ** 20) }, keyOf(C)), 'invalid signature'],
  ['an empty key', tokenOf({ alg: 'HS256' }, createSecretKey(Buffer.alloc(0))), 'invalid signature'],
  [
    'a jwk in the header',
    tokenOf({ ...header, jwk: { kty: 'oct', k: 'AA' } }, createSecretKey(Buffer.alloc(1))),
    'invalid signature',
  ],
  ['a signature of sign()', bySign, 'invalid signature'],
  ['a signature of keygrip()', byKeygrip, 'invalid signature'],
  ['another payload', `${head}.${encoded({ sub: 'root' })}.${signature}`, 'invalid signature'],
  ['another header', `${encoded({ ...header, x: 1 })}.${body}.${signature}`, 'invalid signature'],
  ['a signature that is cut', valid.slice(0, -1), 'invalid signature'],
  ['a signature that is longer', `${valid}A`, 'invalid signature'],
  ['a padded signature', `${valid}=`, 'invalid token'],
  ['no signature', `${head}.${body}.`, 'jwt signature is required'],
  ['blanks as its signature', `${head}.${body}. `, 'invalid token'],
  ['a fourth part', `${valid}.${signature}`, 'jwt malformed'],
  ['a newline behind it', `${valid}\n`, 'invalid token'],
  ['a header that is null', tokenOf(null, keyOf(A)), 'invalid token'],
  ['a header that is a number', tokenOf(5, keyOf(A)), 'invalid algorithm'],
  ['a header that is an array', tokenOf([header], keyOf(A)), 'invalid algorithm'],
  ['a header that is no JSON', `bm8.${body}.${signature}`, 'invalid token'],
  ['an empty string', '', 'jwt must be provided'],
  ['undefined', undefined, 'jwt must be provided'],
  ['null', null, 'jwt must be provided'],
  ['a number', 42, 'jwt must be a string'],
  ['a symbol', Symbol('token'), 'jwt must be a string'],
  ['a Buffer', Buffer.from(valid), 'jwt must be a string'],
  ['a String', new String(valid), 'jwt must be a string'],
  ['an array', [valid], 'jwt must be a string'],
  ['an object', { split: () => [head, body, signature] }, 'jwt must be a string'],
  ['a word', 'token', 'jwt malformed'],
  ['dots', '..', 'invalid token'],
  ['more dots', '.'.repeat(100_000), 'jwt malformed'],
];

describe.each([{}, { acceptRaw: true }, { signRaw: true }])(
  'with %o, jsonwebtoken’s own error refuses',
  (options) => {
    it.each(REFUSED)('%s', async (_what, given, message) => {
      const token = given as string;
      const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
      expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError(message));
      await expect(jwt.verifyAsync(token)).rejects.toThrow(new JsonWebTokenError(message));
      expect(jwt.verify(valid)).toEqual(PAYLOAD);
    });

    it('what has expired, or is not valid yet', async () => {
      const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
      for (const signer of [await jwtOf([A]), jwt]) {
        expect(() => jwt.verify(signer.sign(PAYLOAD, { expiresIn: -1 }))).toThrow(TokenExpiredError);
        expect(() => jwt.verify(signer.sign({}, { notBefore: 60 }))).toThrow(NotBeforeError);
      }
    });

    // jsonwebtoken does not catch the error of its parser.
    it('a payload that is no JSON, as the stock module does', async () => {
      const token = `${head}.bm8.${signature}`;
      const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
      expect(() => jwt.verify(token)).toThrow(SyntaxError);
      expect(() => stock(A).verify(token)).toThrow(SyntaxError);
    });
  },
);

describe('options', () => {
  it('are passed on', async () => {
    const jwt = await jwtOf([A], (ring) =>
      ring.jwtOptions({
        signOptions: { expiresIn: '15m', issuer: 'orders', audience: ['web', 'app'] },
        verifyOptions: { issuer: ['orders', 'invoices'], audience: /^web$/, clockTolerance: 5 },
      }),
    );
    const token = jwt.sign({ sub: 'ada' });
    const claims = jwt.verify<{ iat: number; exp: number }>(token);
    expect(claims).toMatchObject({ sub: 'ada', iss: 'orders', aud: ['web', 'app'] });
    expect(claims.exp - claims.iat).toBe(900);
    expect(() => jwt.verify(jwt.sign({}, { issuer: 'another' }))).toThrow('jwt issuer invalid');
    expect(() => jwt.verify(jwt.sign({}, { audience: 'admin' }))).toThrow('jwt audience invalid');
    expect(() => jwt.verify(jwt.sign({}, { expiresIn: -10 }))).toThrow(TokenExpiredError);
    expect(jwt.verify(jwt.sign({}, { expiresIn: -2 }))).toMatchObject({ iss: 'orders' });
  });

  it('set neither the algorithm nor the kid', async () => {
    const jwt = await jwtOf([A], (ring) =>
      ring.jwtOptions({
        signOptions: { algorithm: 'HS512', keyid: 'mine' },
        verifyOptions: { algorithms: ['none', 'HS512', 'RS256'] },
      }),
    );
    expect(jwt.decode(jwt.sign({}), { complete: true }).header).toEqual(header);
    const token = tokenOf({ ...header, alg: 'HS512' }, keyOf(A), { hash: 'sha512' });
    expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError('invalid algorithm'));
  });

  it.each<[string, object]>([
    ['the algorithm', { alg: 'HS512' }],
    ['the kid', { alg: 'HS256', kid: 'mine' }],
    ['the algorithm none', { alg: 'none' }],
  ])('do not set %s by way of the header either', async (_what, given) => {
    const signOptions = { header: given as { alg: string } };
    const jwt = await jwtOf([A], (ring) => ring.jwtOptions({ signOptions }));
    expect(jwt.decode(jwt.sign({}), { complete: true }).header).toEqual(header);
  });

  it('are copied', async () => {
    const signOptions = { issuer: 'orders' };
    const given = Object.freeze({ signOptions, verifyOptions: Object.freeze({ issuer: 'orders' }) });
    const options = ringOf(A).jwtOptions(given);
    signOptions.issuer = 'another';
    expect(new JwtService(options).verify(new JwtService(options).sign({}))).toMatchObject({ iss: 'orders' });
    expect(signOptions).toEqual({ issuer: 'another' });
  });

  it('of a single call bring no key of their own', async () => {
    const jwt = await jwtOf([A]);
    const token = jwt.sign(PAYLOAD, { secret: C, privateKey: C });
    expect(token).toBe(jwt.sign(PAYLOAD));
    expect(jwt.verify(token, { secret: C, publicKey: C })).toEqual(PAYLOAD);
    expect(() => jwt.verify(stock(C).sign(PAYLOAD), { secret: C })).toThrow(JsonWebTokenError);
  });

  it('fit whatever is signed but a string, which the stock module refuses with any option too', async () => {
    const jwt = await jwtOf([A]);
    expect(jwt.verify(jwt.sign({}))).toEqual({ iat: expect.any(Number) });
    expect(jwt.verify(jwt.sign(Buffer.from('ada')))).toBe('ada');
    expect(() => jwt.sign('ada')).toThrow('Payload as string is not allowed');
    expect(() => stock(A, { expiresIn: '15m' }).sign('ada')).toThrow('Payload as string is not allowed');
  });
});

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(keys: KeyRing) {
    const { secretOrKeyProvider, verifyOptions } = keys.jwtOptions();
    super({
      ...verifyOptions,
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // The types of passport-jwt do not know KeyObject, which jsonwebtoken takes.
      secretOrKeyProvider: (_request, token, done) =>
        done(null, secretOrKeyProvider(JwtSecretRequestType.VERIFY, token) as never),
    });
  }

  validate({ sub }: { sub: string }) {
    return { id: sub };
  }
}

@Controller()
class AccountController {
  constructor(private readonly jwt: JwtService) {}

  @Get('token')
  token() {
    return { token: this.jwt.sign({ sub: 'ada' }) };
  }

  @Get('me')
  @UseGuards(AuthGuard('jwt'))
  me(@Req() request: { user: unknown }) {
    return request.user;
  }
}

describe.each(ADAPTERS)('passport-jwt on %s', (adapter) => {
  // Passport keeps its strategies in one place for the whole process, so one application runs at a time.
  async function during<T>(keys: readonly string[], use: (url: string) => Promise<T>): Promise<T> {
    const testing = await Test.createTestingModule({
      imports: [
        ProductionConfigModule.forRoot({ env: keyEnv(keys) }),
        JwtModule.registerAsync({
          inject: [KeyRing],
          useFactory: (ring: KeyRing) => ring.jwtOptions({ signOptions: { expiresIn: '15m' } }),
        }),
      ],
      controllers: [AccountController],
      providers: [JwtStrategy],
    }).compile();
    const options = { logger: false } as const;
    const app =
      adapter === 'fastify'
        ? testing.createNestApplication(new FastifyAdapter(), options)
        : testing.createNestApplication(options);
    try {
      await app.listen(0, '127.0.0.1');
      return await use(await app.getUrl());
    } finally {
      await app.close();
    }
  }

  const newToken = async (url: string) =>
    ((await (await fetch(`${url}/token`)).json()) as { token: string }).token;
  const me = (url: string, token: string) =>
    fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}`, connection: 'close' } });

  it('takes the tokens of every key of the ring while they rotate', async () => {
    const ofA = await during([A], newToken);
    const ofB = await during([B, A], newToken);
    const stages: [string[], number[]][] = [
      [[A], [200, 401]],
      [
        [A, B],
        [200, 200],
      ],
      [
        [B, A],
        [200, 200],
      ],
      [[B], [401, 200]],
    ];
    for (const [keys, expected] of stages) {
      await during(keys, async (url) => {
        const answers = [await me(url, ofA), await me(url, ofB)];
        expect(answers.map(({ status }) => status)).toEqual(expected);
        const accepted = answers.filter(({ ok }) => ok);
        for (const answer of accepted) expect(await answer.json()).toEqual({ id: 'ada' });
      });
    }
  });

  it('answers 401 to anything else', async () => {
    const sent = REFUSED.filter(([, given]) => typeof given === 'string' && given.length < 8_000);
    await during([A, B], async (url) => {
      const tokens = [
        ...sent.map(([, given]) => given as string),
        `${head}.bm8.${signature}`,
        stock(A).sign({}),
      ];
      for (const token of tokens) expect((await me(url, encodeURI(token))).status).toBe(401);
      expect((await fetch(`${url}/me`)).status).toBe(401);
      expect((await me(url, valid)).status).toBe(200);
      expect(tokens.length).toBeGreaterThan(30);
    });
  });
});
