import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  sign as signWith,
  type KeyObject,
} from 'node:crypto';
import { inspect } from 'node:util';
import { Controller, Get, Injectable, Logger, Req, UseGuards } from '@nestjs/common';
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
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  KeyRing,
  KeyRingError,
  ProductionConfigModule,
  type KeyRingJwtOptions,
  type LegacySecrets,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { ADAPTERS } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const [B, C] = OTHER_KEYS;
const PAYLOAD = { sub: 'ada', iat: 1_700_000_000 };

/** A JwtService as an application gets it by injection. */
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

/** The JwtService of a service before its migration, which signs with the SECRET_KEY itself. */
const stock = (secret: string, signOptions: JwtModuleOptions['signOptions'] = {}) =>
  new JwtService({ secret, signOptions });

const keyOf = (secret: string): KeyObject => ringOf(secret).jwtOptions().secretOrKeyProvider(0, {});
const idOf = (secret: string): string => ringOf(secret).current.id;
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Builds a token without a library, with any header. */
function tokenOf(
  header: unknown,
  key: KeyObject,
  { hash = 'sha256', payload = encoded(PAYLOAD) } = {},
): string {
  const signed = `${encoded(header)}.${payload}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

describe('tokens', () => {
  it('name their signing key in kid, and HS256 in alg', async () => {
    const jwt = await jwtOf([A, B]);
    const { header, payload } = jwt.decode(jwt.sign(PAYLOAD), { complete: true });
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: idOf(A) });
    expect(payload).toEqual(PAYLOAD);
    expect(jwt.sign(PAYLOAD)).toBe(tokenOf(header, keyOf(A)));
  });

  // If this changed, an update of the package would reject tokens in use.
  it('are the same in every version of the package', async () => {
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
  ])('are verified with their signing key, with %s', async (_what, named) => {
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

  it('are verified only with the key that the kid names', async () => {
    const jwt = await jwtOf([A, B]);
    const crossed = tokenOf({ alg: 'HS256', typ: 'JWT', kid: idOf(B) }, keyOf(A));
    expect(() => jwt.verify(crossed)).toThrow(new JsonWebTokenError('invalid signature'));
  });

  it('are also signed by signAsync and verified by verifyAsync', async () => {
    const [old, fresh] = await Promise.all([jwtOf([A]), jwtOf([B, A])]);
    const token = await old.signAsync(PAYLOAD);
    expect(token).toBe(old.sign(PAYLOAD));
    expect(await fresh.verifyAsync(token)).toEqual(PAYLOAD);
  });
});

describe('a purpose', () => {
  it('accepts only its own tokens', async () => {
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

/** Accepts tokens signed with these secrets, and signs with the ring. */
const accepting =
  (...secrets: string[]) =>
  (ring: KeyRing) =>
    ring.jwtOptions({ legacy: { secrets } });
/** Accepts the same tokens, and still signs with the first of these secrets. */
const signingWith =
  (...secrets: string[]) =>
  (ring: KeyRing) =>
    ring.jwtOptions({ legacy: { secrets, sign: true } });

function accepts(jwt: JwtService, token: string): boolean {
  try {
    return jwt.verify<typeof PAYLOAD>(token).sub === 'ada';
  } catch {
    return false;
  }
}

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

/** The error that a call throws or rejects with. */
async function rejectionOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

const { publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const invalidSignature = new JsonWebTokenError('invalid signature');
const OLD_ACCESS = 'the old secret of the access tokens';
const OLD_REFRESH = 'the old secret of the refresh tokens';

describe('legacy secrets', () => {
  it.each<[string, string]>([
    ['the first secret', stock(OLD_ACCESS).sign(PAYLOAD)],
    ['another secret', stock(C).sign(PAYLOAD)],
    ['the first secret, under a foreign kid', stock(OLD_ACCESS, { keyid: 'key-1' }).sign(PAYLOAD)],
  ])('verify tokens signed with %s, as long as they are listed', async (_what, token) => {
    const jwt = await jwtOf([B, A], accepting(OLD_ACCESS, C));
    expect(jwt.verify(token)).toEqual(PAYLOAD);
    expect(await jwt.verifyAsync(token)).toEqual(PAYLOAD);
    for (const other of [await jwtOf([B, A]), await jwtOf([B, A], accepting(OLD_REFRESH))]) {
      expect(() => other.verify(token)).toThrow(invalidSignature);
    }
  });

  it('can be the SECRET_KEY and its fallbacks', async () => {
    const jwt = await jwtOf([B, A], accepting(B, A));
    for (const secret of [A, B]) expect(jwt.verify(stock(secret).sign(PAYLOAD))).toEqual(PAYLOAD);
  });

  it('can be bytes', async () => {
    const secret = Buffer.from([0, 255, 128, 7, ...Buffer.from(C)]);
    const jwt = await jwtOf([A], (ring) =>
      ring.jwtOptions({ legacy: { secrets: [new Uint8Array(secret)] } }),
    );
    expect(jwt.verify(new JwtService({ secret }).sign(PAYLOAD))).toEqual(PAYLOAD);
  });

  it('accept only HS256', async () => {
    const jwt = await jwtOf([B, A], accepting(OLD_ACCESS));
    for (const algorithm of ['HS384', 'HS512'] as const) {
      const token = stock(OLD_ACCESS, { algorithm }).sign(PAYLOAD);
      expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError('invalid algorithm'));
    }
  });

  it('do not sign tokens without legacy.sign', async () => {
    const token = (await jwtOf([A], accepting(A))).sign(PAYLOAD);
    expect(() => stock(A).verify(token)).toThrow(invalidSignature);
    expect((await jwtOf([A])).verify(token)).toEqual(PAYLOAD);
  });

  it('are not tried for a token whose kid names a key of the ring', async () => {
    const token = stock(A, { keyid: idOf(A) }).sign(PAYLOAD);
    const jwt = await jwtOf([A], accepting(A));
    expect(() => jwt.verify(token)).toThrow(invalidSignature);
  });

  it('with legacy.sign, still sign tokens without a kid, and both kinds of token are accepted', async () => {
    const jwt = await jwtOf([B, A], signingWith(OLD_ACCESS, C));
    expect(jwt.sign(PAYLOAD)).toBe(stock(OLD_ACCESS).sign(PAYLOAD));
    expect(await jwt.signAsync(PAYLOAD)).toBe(stock(OLD_ACCESS).sign(PAYLOAD));
    const signers = [stock(OLD_ACCESS), stock(C), await jwtOf([B]), await jwtOf([A])];
    for (const signer of signers) expect(jwt.verify(signer.sign(PAYLOAD))).toEqual(PAYLOAD);
    for (const signer of [stock(OLD_REFRESH), await jwtOf([C])]) {
      expect(() => jwt.verify(signer.sign(PAYLOAD))).toThrow(invalidSignature);
    }
  });

  it('stop verifying after legacy.until', async () => {
    const until = (ms: number) => (ring: KeyRing) =>
      ring.jwtOptions({ legacy: { secrets: [OLD_ACCESS], until: new Date(Date.now() + ms) } });
    const token = stock(OLD_ACCESS).sign(PAYLOAD);
    expect((await jwtOf([A], until(3_600_000))).verify(token)).toEqual(PAYLOAD);
    const ended = await jwtOf([A], until(-1));
    expect(() => ended.verify(token)).toThrow(invalidSignature);
    expect(ended.verify(ended.sign(PAYLOAD))).toEqual(PAYLOAD);
  });

  it('stop verifying at legacy.until without a restart', async () => {
    const until = new Date(Date.now() + 200);
    const jwt = await jwtOf([A], (ring) => ring.jwtOptions({ legacy: { secrets: [OLD_ACCESS], until } }));
    const token = stock(OLD_ACCESS).sign(PAYLOAD);
    while (accepts(jwt, token)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(Date.now()).toBeGreaterThanOrEqual(until.getTime());
  });

  it.each<[string, unknown, string]>([
    ['not a list', { secrets: C }, 'legacy.secrets must list'],
    ['an empty list', { secrets: [], sign: true }, 'legacy.secrets must list'],
    ['an unset secret', { secrets: [C, undefined] }, 'legacy.secrets[1] must be text or bytes'],
    ['an empty secret', { secrets: [''] }, 'legacy.secrets[0] must be text or bytes'],
    ['zero bytes', { secrets: [Buffer.alloc(0)] }, 'legacy.secrets[0] must be text or bytes'],
    [
      'a key object',
      { secrets: [createSecretKey(Buffer.from(C))] },
      'legacy.secrets[0] must be text or bytes',
    ],
    [
      'an invalid date in until',
      { secrets: [C], until: new Date('soon') },
      'legacy.until must be a valid Date',
    ],
    [
      'until together with sign',
      { secrets: [C], sign: true, until: new Date() },
      'set it when you remove legacy.sign',
    ],
    // Anyone with the public key of a service could sign HS256 tokens with its text.
    ['a public key', { secrets: [publicKey] }, 'legacy.secrets[0] is not a secret: it is a public key (PEM)'],
    [
      'a public key as bytes',
      { secrets: [C, Buffer.from(publicKey)] },
      'legacy.secrets[1] is not a secret: it is a public key (PEM)',
    ],
  ])('are refused: %s', (_what, legacy, message) => {
    const error = errorOf(() => ringOf(A).jwtOptions({ legacy: legacy as never }));
    expect(error).toBeInstanceOf(KeyRingError);
    expect(error.message).toContain(message);
    expect(inspect(error)).not.toContain(C);
  });
});

describe('a service with one secret for access tokens and another for refresh tokens', () => {
  const KINDS = { access: OLD_ACCESS, refresh: OLD_REFRESH } as const;
  type Kind = keyof typeof KINDS;

  /** The JwtServices of one deployment: one for each kind of token. */
  async function deployed(legacyOf: ((secret: string) => LegacySecrets) | undefined) {
    const service = (purpose: Kind) =>
      jwtOf([A], (ring) =>
        ring.jwtOptions({ purpose, ...(legacyOf && { legacy: legacyOf(KINDS[purpose]) }) }),
      );
    return { access: await service('access'), refresh: await service('refresh') };
  }

  it('migrates to the ring without refusing an issued token, and never confuses the two kinds', async () => {
    const stages = [
      { access: stock(OLD_ACCESS), refresh: stock(OLD_REFRESH) },
      await deployed((secret) => ({ secrets: [secret], sign: true })),
      await deployed((secret) => ({ secrets: [secret] })),
      await deployed(undefined),
    ];
    const acceptance = (signs: Kind, verifies: Kind) =>
      stages.map((signer) => stages.map((node) => accepts(node[verifies], signer[signs].sign(PAYLOAD))));
    // Each row is one stage's token at the nodes of every stage: adjacent stages run at the same time.
    const sameKind = [
      [true, true, true, false],
      [true, true, true, false],
      [false, true, true, true],
      [false, true, true, true],
    ];
    const otherKind = sameKind.map((row) => row.map(() => false));
    expect(acceptance('access', 'access')).toEqual(sameKind);
    expect(acceptance('refresh', 'refresh')).toEqual(sameKind);
    expect(acceptance('access', 'refresh')).toEqual(otherKind);
    expect(acceptance('refresh', 'access')).toEqual(otherKind);
  });
});

describe('the options of a single call', () => {
  async function recorded(options: KeyRingJwtOptions<object, object> = {}) {
    const jwt = await jwtOf([A], (ring) => ring.jwtOptions(options));
    const logger = new RecordingLogger();
    Logger.overrideLogger(logger);
    onTestFinished(() => Logger.overrideLogger(true));
    return { jwt, logger };
  }

  const SIGNING = [{ secret: C }, { privateKey: C }, { secret: undefined }, { privateKey: Buffer.from(C) }];
  const VERIFYING = [{ secret: C }, { publicKey: C }, { secret: undefined }, { publicKey: Buffer.from(C) }];

  it.each(SIGNING)(
    'cannot set a key for sign() or signAsync(), and the error names the replacement: %o',
    async (options) => {
      const { jwt } = await recorded();
      for (const call of [() => jwt.sign({}, options as never), () => jwt.signAsync({}, options as never)]) {
        const error = await rejectionOf(call);
        expect(error).toMatchObject({ name: 'KeyRingError', code: 'ERR_KEY_RING' });
        expect(error.message).toMatch(
          /^the options of sign\(\) for 'access' tokens must not have \w+: .*jwtOptions\(\{ purpose: /,
        );
        expect(inspect(error)).not.toContain(C);
      }
    },
  );

  it.each(VERIFYING)('cannot set a key for verify() or verifyAsync(): %o', async (options) => {
    const { jwt } = await recorded({ purpose: 'e-mail' });
    const token = jwt.sign({});
    for (const call of [
      () => jwt.verify(token, options as never),
      () => jwt.verifyAsync(token, options as never),
    ]) {
      const error = await rejectionOf(call);
      expect(error).toMatchObject({ name: 'KeyRingError', code: 'ERR_KEY_RING' });
      expect(error.message).toMatch(
        /^the options of verify\(\) for 'e-mail' tokens must not have \w+: .*jwtOptions\(\{ purpose: /,
      );
    }
  });

  it('are logged once if refused, because a guard that answers 401 to every error would hide the cause', async () => {
    const { jwt, logger } = await recorded();
    const token = jwt.sign({});
    for (let request = 0; request < 3; request++) {
      await rejectionOf(() => jwt.verifyAsync(token, { secret: C }));
    }
    const [line, ...others] = logger.of('error');
    expect(line).toMatch(/^the options of verify\(\) .* purpose: .*\(logged once\)/);
    expect(others).toEqual([]);
  });

  it.each<[string, (jwt: JwtService) => unknown]>([
    ['an algorithm', (jwt) => jwt.sign({}, { algorithm: 'HS512' })],
    ['the algorithm none', (jwt) => jwt.sign({}, { algorithm: 'none' })],
    ['a keyid', (jwt) => jwt.sign({}, { keyid: 'mine' })],
    ['an algorithm in the header', (jwt) => jwt.sign({}, { header: { alg: 'none' } })],
    ['a kid in the header', (jwt) => jwt.sign({}, { header: { alg: 'HS256', kid: 'mine' } })],
    ['other algorithms', (jwt) => jwt.verify(jwt.sign({}), { algorithms: ['HS256', 'HS512'] })],
  ])('cannot set %s', async (_what, call) => {
    const { jwt } = await recorded();
    expect(() => call(jwt)).toThrow(KeyRingError);
  });

  it('apply if they are compatible with the ring', async () => {
    const jwt = await jwtOf([A]);
    const token = jwt.sign({}, { subject: 'ada', algorithm: 'HS256', header: { alg: 'HS256', cty: 'x' } });
    const { header, payload } = jwt.verify<{ header: object; payload: object }>(token, {
      subject: 'ada',
      algorithms: ['HS256'],
      complete: true,
    });
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: idOf(A), cty: 'x' });
    expect(payload).toMatchObject({ sub: 'ada' });
  });
});

const header = { alg: 'HS256', typ: 'JWT', kid: idOf(A) };
const valid = tokenOf(header, keyOf(A));
const [head = '', body = '', signature = ''] = valid.split('.');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaToken = `${encoded({ ...header, alg: 'RS256' })}.${body}`;
const bySign = `${head}.${body}.${ringOf(A).sign('access', `${head}.${body}`)}`;
const byKeygrip = `${head}.${body}.${ringOf(A).keygrip('access').sign(`${head}.${body}`)}`;

/** Values that are not valid tokens of the ring, each with jsonwebtoken's error message. */
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
  ['HS512 declared as HS256', tokenOf(header, keyOf(A), { hash: 'sha512' }), 'invalid signature'],
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
  ['a kid of 1 MiB', tokenOf({ ...header, kid: 'x'.repeat(2 ** 20) }, keyOf(C)), 'invalid signature'],
  ['an empty key', tokenOf({ alg: 'HS256' }, createSecretKey(Buffer.alloc(0))), 'invalid signature'],
  [
    'a jwk in the header',
    tokenOf({ ...header, jwk: { kty: 'oct', k: 'AA' } }, createSecretKey(Buffer.alloc(1))),
    'invalid signature',
  ],
  ['a signature made by sign()', bySign, 'invalid signature'],
  ['a signature made by keygrip()', byKeygrip, 'invalid signature'],
  ['another payload', `${head}.${encoded({ sub: 'root' })}.${signature}`, 'invalid signature'],
  ['another header', `${encoded({ ...header, x: 1 })}.${body}.${signature}`, 'invalid signature'],
  ['a truncated signature', valid.slice(0, -1), 'invalid signature'],
  ['a signature with an extra character', `${valid}A`, 'invalid signature'],
  ['a padded signature', `${valid}=`, 'invalid token'],
  ['no signature', `${head}.${body}.`, 'jwt signature is required'],
  ['a blank as its signature', `${head}.${body}. `, 'invalid token'],
  ['a fourth part', `${valid}.${signature}`, 'jwt malformed'],
  ['a trailing newline', `${valid}\n`, 'invalid token'],
  ['a header that is null', tokenOf(null, keyOf(A)), 'invalid token'],
  ['a header that is a number', tokenOf(5, keyOf(A)), 'invalid algorithm'],
  ['a header that is an array', tokenOf([header], keyOf(A)), 'invalid algorithm'],
  ['a header that is not JSON', `bm8.${body}.${signature}`, 'invalid token'],
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

describe.each<[string, KeyRingJwtOptions<object, object>]>([
  ['only the ring', {}],
  ['legacy secrets', { legacy: { secrets: [A, B] } }],
  ['a legacy secret that signs', { legacy: { secrets: [A, B], sign: true } }],
])('with %s, verify() throws the error of jsonwebtoken for', (_setup, options) => {
  it.each(REFUSED)('%s', async (_what, given, message) => {
    const token = given as string;
    const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
    expect(() => jwt.verify(token)).toThrow(new JsonWebTokenError(message));
    await expect(jwt.verifyAsync(token)).rejects.toThrow(new JsonWebTokenError(message));
    expect(jwt.verify(valid)).toEqual(PAYLOAD);
  });

  it('a token that has expired or is not valid yet', async () => {
    const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
    for (const signer of [await jwtOf([A]), jwt]) {
      expect(() => jwt.verify(signer.sign(PAYLOAD, { expiresIn: -1 }))).toThrow(TokenExpiredError);
      expect(() => jwt.verify(signer.sign({}, { notBefore: 60 }))).toThrow(NotBeforeError);
    }
  });

  // jsonwebtoken does not catch the error of JSON.parse().
  it('a payload that is not JSON, as the stock module does', async () => {
    const token = `${head}.bm8.${signature}`;
    const jwt = await jwtOf([A, B], (ring) => ring.jwtOptions(options));
    expect(() => jwt.verify(token)).toThrow(SyntaxError);
    expect(() => stock(A).verify(token)).toThrow(SyntaxError);
  });
});

describe('the options of jwtOptions()', () => {
  it('are passed on to @nestjs/jwt', async () => {
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

  it.each<[string, object]>([
    ['an algorithm', { signOptions: { algorithm: 'HS512' } }],
    ['a keyid', { signOptions: { keyid: 'mine' } }],
    ['an algorithm in the header', { signOptions: { header: { alg: 'HS512' } } }],
    ['a kid in the header', { signOptions: { header: { alg: 'HS256', kid: 'mine' } } }],
    ['the algorithm none in the header', { signOptions: { header: { alg: 'none' } } }],
    ['a text as header', { signOptions: { header: 'kid' } }],
    ['a list as header', { signOptions: { header: ['kid'] } }],
    ['a header that is null', { signOptions: { header: null } }],
    ['other algorithms', { verifyOptions: { algorithms: ['HS256', 'RS256'] } }],
    ['a secret', { signOptions: { secret: C } }],
    ['a public key', { verifyOptions: { publicKey: C } }],
  ])('are refused with %s, which the ring cannot honour', (_what, options) => {
    const error = errorOf(() => ringOf(A).jwtOptions(options));
    expect(error).toBeInstanceOf(KeyRingError);
    expect(error.message).toMatch(/^jwtOptions\(\): (?:sign|verify)Options must /);
  });

  it('can name HS256 and add header fields', async () => {
    const jwt = await jwtOf([A], (ring) =>
      ring.jwtOptions({
        signOptions: { algorithm: 'HS256', header: { alg: 'HS256', cty: 'orders' } },
        verifyOptions: { algorithms: ['HS256'] },
      }),
    );
    const token = jwt.sign({});
    expect(jwt.decode(token, { complete: true }).header).toEqual({ ...header, cty: 'orders' });
    expect(jwt.verify(token)).toEqual({ iat: expect.any(Number) });
  });

  it('are copied, so later changes have no effect', async () => {
    const signOptions = { issuer: 'orders' };
    const given = Object.freeze({ signOptions, verifyOptions: Object.freeze({ issuer: 'orders' }) });
    const options = ringOf(A).jwtOptions(given);
    signOptions.issuer = 'another';
    expect(new JwtService(options).verify(new JwtService(options).sign({}))).toMatchObject({ iss: 'orders' });
    expect(signOptions).toEqual({ issuer: 'another' });
  });

  it('allow any payload except a string, which the stock module also refuses with any option', async () => {
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
      // jsonwebtoken accepts a KeyObject; the types of passport-jwt do not declare it.
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
  // Passport stores its strategies per process, so only one application runs at a time.
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

  it('accepts the tokens of every key in the ring during a rotation', async () => {
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

  it('answers 401 to any other token', async () => {
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
