import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect, type InspectOptions } from 'node:util';
import fc from 'fast-check';
import Joi from 'joi';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ConfigError,
  DevelopmentConfig,
  Env,
  ProductionConfig,
  Secret,
  type Environment,
} from 'nestjs-production-config';
import { runs } from './support/runs.js';

/** Rules of every kind, including those whose own messages quote the value. */
class ServiceConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
  readonly INVOICE_URL!: string;

  @Env(Joi.string().email().optional())
  readonly CONTACT?: string;

  @Env(Joi.string().hostname().max(60).optional())
  readonly HOST?: string;

  @Env(Joi.number().min(0).max(1).default(0.5))
  readonly RATIO!: number;

  @Env(Joi.boolean().optional())
  readonly VERBOSE?: boolean;

  @Env(Joi.string<'fast' | 'slow'>().valid('fast', 'slow').default('slow'))
  readonly MODE!: 'fast' | 'slow';

  @Env(
    Joi.string()
      .pattern(/^[a-z]{1,12}$/)
      .optional(),
  )
  readonly REGION?: string;

  @Env(Joi.array<readonly number[]>().items(Joi.number().integer()).max(4).unique().default([]))
  readonly SHARDS!: readonly number[];

  @Env(Joi.string().max(8).messages({ 'string.max': '{{#label}} is {{#value}}' }).optional())
  readonly TAG?: string;

  // The error message of BigInt() quotes the text that it cannot convert.
  @Env(
    Joi.any<bigint>()
      .custom((text: string) => BigInt(text))
      .optional(),
  )
  readonly ACCOUNT?: bigint;

  @Env(
    Joi.object<{ rate: number; tags?: string[] }>({
      rate: Joi.number().required(),
      tags: Joi.array().items(Joi.string()),
    }).optional(),
  )
  readonly LIMITS?: { readonly rate: number; readonly tags?: readonly string[] };

  @Secret(
    Joi.string()
      .min(20)
      .pattern(/^[\w+/=-]+$/),
    { fix: 'create one in the dashboard' },
  )
  readonly STRIPE_KEY!: string;

  @Secret(Joi.array<readonly string[]>().items(Joi.string().min(16)).max(3).unique().default([]))
  readonly WEBHOOK_KEYS!: readonly string[];

  @Secret(
    Joi.object<{ user: string; password: string }>({ user: Joi.string(), password: Joi.string() }).optional(),
  )
  readonly ACCOUNT_LOGIN?: { readonly user: string; readonly password: string };

  @Secret(
    Joi.string()
      .custom((text: string) => {
        if (text.length % 2 === 1) throw new Error(`cannot decode ${text}`);
        return text;
      })
      .optional(),
  )
  readonly LICENCE?: string;
}

const SECRETS = [
  'SECRET_KEY',
  'SECRET_KEY_FALLBACKS',
  'CACHE_URL',
  'DATABASE_URL',
  'STRIPE_KEY',
  'WEBHOOK_KEYS',
  'ACCOUNT_LOGIN',
  'LICENCE',
] as const;

const STRONG_KEYS = [
  'k9Zp2xQw7LmN4vBtR8sYc3HdJ6fGaE1uXo5TqWiVbKn',
  '8f1c0a7be35d942660cfe9d18b7a4253a6c1d0974be8f23511d6ea0c7f3b9824',
  'vT4-nQz8_LhWc2RyXp6JmKb9sDf3GaUe7iOoNtZ1xYq',
  'q7Rk!mZ2#vB9x$Lp4wT8(cN6)yH3*sJ5dF1+gQ0=eWzU',
];

/** The content of files that a `_FILE` variable may name. */
const FILED = ['canaryinsideafile000'];

const folder = mkdtempSync(join(tmpdir(), 'environment-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A text that cannot occur in any output by chance. */
const canary = fc
  .string({ unit: fc.constantFrom(...'abcdefghjkmnpqrstuvwxyz23456789'), minLength: 14, maxLength: 14 })
  .map((text) => `canary${text}`);

const wrapped = fc
  .tuple(
    canary,
    fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => ` ${text}\t`,
      (text) => `${text},${text}\n${text}`,
      (text) => `1,2,${text}`,
      (text) => `fast${text}`,
      (text) => `${text}\u0000\u001b[31m\u0007`,
      (text) => `é漢😀\ud800${text}\u2028`,
      (text) => `https://${text}:${text}@host.example/${text}?${text}`,
      (text) => `redis://:${text}@[::1`,
      (text) => `{"rate":"${text}"}`,
      (text) => `{"${text}":1,"rate":1}`,
      (text) => `{"user":"${text}","password":["${text}"]}`,
      (text) => `{"__proto__":{"rate":"${text}"}}`,
      (text) => `{"rate":1${text}`,
      (text) => `[${JSON.stringify(text)}]`,
      (text) => `{{#value}} %s %o \${PATH} ${text}`,
      (text) => `10${text}`,
      (text) => `${text}@`,
      (text) => text.repeat(400),
      (text) => `${'9'.repeat(20_000)}${text}`,
    ),
  )
  .map(([text, wrap]) => wrap(text));

const oddities = fc.oneof(
  fc.constantFrom('', ' ', '\t\r\n', '\u00a0', '\ufeff', '\u0000', ',', ',,\n,', '.', '/', '//', '[]', '{}'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    'null',
    'NaN',
    'Infinity',
    '-Infinity',
  ),
  fc.constantFrom(
    '-0',
    '-1',
    '+1',
    ' 7 ',
    '0',
    '0.1',
    '0x10',
    '1e3',
    '1e309',
    '٣',
    '１',
    '10abc',
    '1_000',
    '1001',
  ),
  fc.constantFrom('TRUE', 'Yes', 'OFF', 'info', 'TRACE', 'auto', '64mb', '1.5 GiB', '9007199254740993'),
  fc.constantFrom('development', 'production', 'http://', '{"rate":1}'),
);

/** Valid settings: the text, and the value that it must become. */
const valid: Readonly<Record<string, fc.Arbitrary<readonly [text: string, value: unknown]>>> = {
  SECRET_KEY: fc.constantFrom(...STRONG_KEYS.slice(0, 2)).map((key) => [key, key]),
  SECRET_KEY_FALLBACKS: fc
    .tuple(fc.subarray(STRONG_KEYS.slice(2)), fc.constantFrom(',', ' , ', '\n', ',\n'))
    .map(([keys, comma]) => [keys.join(comma), keys]),
  DEBUG: fc.constantFrom('false', '0', 'no', 'off', 'False', 'OFF').map((text) => [text, false]),
  NODE_ENV: fc.constantFrom('production', 'staging', 'test', '__proto__').map((text) => [` ${text}`, text]),
  LOG_LEVEL: fc.constantFrom(
    ...(['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const).map(
      (level) => [level, level] as const,
    ),
    ...([
      ['info', 'log'],
      ['trace', 'verbose'],
      ['WARN', 'warn'],
      ['Info', 'log'],
    ] as const),
  ),
  PORT: whole(0, 65_535),
  PAGE_SIZE: whole(1, 500),
  MAX_PAGE_SIZE: whole(500, 1000),
  CACHE_TTL_SECONDS: whole(1, 31_536_000),
  CACHE_MAX_ENTRIES: whole(1, 2 ** 24 - 1),
  CACHE_MAX_BYTES: fc.constantFrom(
    ...([
      ['auto', 'auto'],
      ['AUTO ', 'auto'],
      ['64mb', 2 ** 26],
      ['1 GiB', 2 ** 30],
      ['1', 1],
      ['1.5k', 1536],
    ] as const),
  ),
  CACHE_URL: fc
    .tuple(fc.constantFrom('redis', 'rediss', 'valkey', 'memcached'), canary)
    .map(([scheme, password]) => `${scheme}://app:${password}@cache.example:6379`)
    .map((text) => [text, text]),
  CACHE_NAMESPACE: fc.constantFrom('a', 'orders', 'a.b-c_d', 'x'.repeat(64)).map((text) => [text, text]),
  CACHE_TIMEOUT_MS: whole(1, 60_000),
  DATABASE_URL: fc.tuple(canary, canary).map(([user, password]) => {
    const url = `postgres://${user}:${password}@db.example:5432/orders`;
    return [url, url];
  }),
  DATABASE_POOL_MAX: whole(1, 10),
  DATABASE_MAX_CONNECTIONS: whole(1000, 1_000_000),
  REPLICAS: whole(1, 100),
  INVOICE_URL: fc.constantFrom('https://invoices.example', 'http://a/b?c=d').map((text) => [text, text]),
  CONTACT: fc.constant(['ops@service.example.com', 'ops@service.example.com'] as const),
  HOST: fc.constantFrom('localhost', 'a.example', '127.0.0.1').map((text) => [text, text]),
  RATIO: fc.integer({ min: 0, max: 1000 }).map((n) => [String(n / 1000), n / 1000]),
  VERBOSE: fc.constantFrom(
    ...['true', '1', 'yes', 'on', 'YES'].map((text) => [text, true] as const),
    ...['false', '0', 'no', 'off', 'Off'].map((text) => [text, false] as const),
  ),
  MODE: fc.constantFrom('fast', 'slow').map((text) => [text, text]),
  REGION: fc.constantFrom('eu', 'us').map((text) => [text, text]),
  SHARDS: fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(',', ', ', '\n'),
    )
    .map(([shards, comma]) => [shards.join(comma), shards]),
  TAG: fc.constantFrom('v1', 'häé漢').map((text) => [text, text]),
  ACCOUNT: fc.bigInt({ min: 0n, max: 10n ** 30n }).map((n) => [String(n), n]),
  LIMITS: fc.nat(1000).map((rate) => [`{"rate":${rate},"tags":["a"]}`, { rate, tags: ['a'] }]),
  STRIPE_KEY: canary.map((text) => [text, text]),
  WEBHOOK_KEYS: fc.uniqueArray(canary, { minLength: 1, maxLength: 3 }).map((keys) => [keys.join(','), keys]),
  ACCOUNT_LOGIN: fc
    .tuple(canary, canary)
    .map(([user, password]) => [JSON.stringify({ user, password }), { user, password }]),
  LICENCE: canary.map((text) => [text, text]),
};

function whole(least: number, most: number): fc.Arbitrary<readonly [string, number]> {
  return fc
    .oneof(fc.constantFrom(least, most), fc.integer({ min: least, max: most }))
    .chain((n) => fc.constantFrom(`${n}`, ` ${n} `).map((text) => [text, n] as const));
}

const SETTINGS = Object.keys(valid);

const NUMBERS = new Set([
  'PORT',
  'PAGE_SIZE',
  'MAX_PAGE_SIZE',
  'CACHE_TTL_SECONDS',
  'CACHE_MAX_ENTRIES',
  'RATIO',
  'SHARDS',
]);
const REQUIRED = ['SECRET_KEY', 'INVOICE_URL', 'STRIPE_KEY'];

const boundary = fc
  .constantFrom(-1, 0, 1, 2, 100, 999, 1000, 1001, 65_535, 65_536, 16_777_215, 16_777_216, 1e15, 1.5)
  .map(String);

/** Any value for a name, mostly an invalid one. */
function anything(name: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: valid[name]?.map(([text]) => text) ?? wrapped },
    { weight: 2, arbitrary: wrapped },
    { weight: 2, arbitrary: oddities },
    { weight: NUMBERS.has(name) ? 4 : 1, arbitrary: boundary },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  );
}

const nonsenseFiles = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '.',
    '/',
    '\u0000',
    '/dev/null',
    '/dev/zero',
    'no/such/file',
    folder,
    '~',
    '-',
    '__proto__',
  ),
  fc.constantFrom(
    fileOf('empty', ''),
    fileOf('blank', ' \n'),
    fileOf('huge', 'x'.repeat(70_000)),
    fileOf('binary', Uint8Array.of(0xff, 0xfe, 0x00, 0x80)),
    fileOf('key', `${STRONG_KEYS[0]}\n`),
    fileOf('weak', `${FILED[0]}\n`),
  ),
  // The secret itself instead of the path of its file.
  wrapped,
);

const otherNames = fc.dictionary(
  fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toString', 'PATH', 'SECRET_KYE', 'PORT_'),
    fc.constantFrom(
      'STRIPEKEY',
      'PAGESIZE',
      'page_size',
      'DATABSE_URL',
      'MAX_PAGE_SIZ',
      'PORT_FILE',
      '',
      ' ',
      '=',
    ),
    fc.string({ maxLength: 12 }),
  ),
  fc.oneof(wrapped, oddities),
  { maxKeys: 4 },
);

type Variables = Readonly<Record<string, string>>;

/** Each setting absent, valid or invalid, with `_FILE` variables of secrets and names that nothing reads. */
const wild: fc.Arbitrary<Variables> = fc
  .tuple(
    fc.record(Object.fromEntries(SETTINGS.map((name) => [name, anything(name)])), {
      requiredKeys: [],
    }),
    fc.record(Object.fromEntries(SECRETS.map((name) => [`${name}_FILE`, nonsenseFiles])), {
      requiredKeys: [],
    }),
    otherNames,
  )
  .map(([settings, files, others]) => ({ ...others, ...settings, ...files }) as Variables);

/** A valid environment with a few invalid variables, so that all others are read as well. */
const slipped: fc.Arbitrary<Variables> = fc
  .tuple(
    right(),
    fc.subarray([...SETTINGS, ...SECRETS.map((name) => `${name}_FILE`)], { maxLength: 2 }),
    wild,
  )
  .map(([{ env }, names, slips]) => {
    const slip = Object.entries(slips).filter(([name]) => names.includes(name));
    const moved = new Set(slip.map(([name]) => name.replace(/_FILE$/, '')));
    const kept = Object.entries(env).filter(([name]) => !moved.has(name));
    return Object.fromEntries([...kept, ...slip]);
  });

/** A valid environment, and its values. */
function right() {
  return (
    fc
      .record(Object.fromEntries(Object.entries(valid).map(([name, arbitrary]) => [name, arbitrary])), {
        requiredKeys: REQUIRED,
      })
      // A shared cache requires a namespace.
      .filter((pairs) => !('CACHE_URL' in pairs) || 'CACHE_NAMESPACE' in pairs)
      .map((pairs) => {
        const entries = Object.entries(pairs) as [string, readonly [string, unknown]][];
        return {
          env: Object.fromEntries(entries.map(([name, [text]]) => [name, text])),
          values: Object.fromEntries(entries.map(([name, [, value]]) => [name, value])),
        };
      })
  );
}

type Outcome = ServiceConfig | ConfigError;

/** Returns an instance or a ConfigError. Any other error is a failure. */
function load(env: Environment): Outcome {
  try {
    return ServiceConfig.load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Everything recognisable in some texts, and the content of the files. */
function recognisableIn(texts: readonly (string | undefined)[]): ReadonlySet<string> {
  const canaries = texts.flatMap((text) => text?.match(/canary[a-z0-9]{14}/g) ?? []);
  return new Set([...canaries, ...FILED, ...STRONG_KEYS]);
}

type Surfaces = Readonly<Record<string, string>>;

/** All forms of an object in a log line, an error tracker or an API response. */
function surfacesOf(target: object): Surfaces {
  return {
    inspect: show(target),
    'inspect, showHidden': show(target, { showHidden: true }),
    'inspect, getters': show(target, { getters: true }),
    'inspect within an object': show({ list: [{ target }] }),
    format: format('%s %o %O', target, target, target),
    json: JSON.stringify(target, (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  };
}

/** The output of inspect if it bypasses the custom inspect method of the object. */
function surfacesWithoutCustomInspect(target: object): Surfaces {
  return {
    'inspect, customInspect off': show(target, { customInspect: false }),
    'inspect, customInspect off, showHidden': show(target, { customInspect: false, showHidden: true }),
    'inspect, customInspect off, getters': show(target, { customInspect: false, getters: true }),
    'structured clone': show(structuredClone(target), { showHidden: true }),
  };
}

function surfacesOfError(error: ConfigError): Surfaces {
  const own = Reflect.ownKeys(error).map((key) => Reflect.get(error, key) as unknown);
  return {
    ...surfacesOf(error),
    ...surfacesWithoutCustomInspect(error),
    text: String(error),
    message: error.message,
    report: error.report,
    stack: error.stack ?? '',
    'own properties': show(own, { showHidden: true }),
  };
}

function surfacesOfInstance(config: ServiceConfig): Surfaces {
  const copy: unknown = Object.assign({}, config as object);
  return {
    ...surfacesOf(config),
    ...surfacesWithoutCustomInspect(config),
    copy: show(copy, { showHidden: true }),
    entries: show(Object.entries(config)),
    explain: show(config.explain()),
    'cache configuration': show(config.getCacheConfig(), { showHidden: true }),
  };
}

function show(target: unknown, options: InspectOptions = {}): string {
  return inspect(target, { depth: null, maxStringLength: null, maxArrayLength: null, ...options });
}

function expectNoneOf(secrets: ReadonlySet<string>, surfaces: Surfaces): void {
  const folded = [...secrets].map((secret) => secret.toLowerCase());
  const leaking = Object.keys(surfaces).filter((surface) => {
    const shown = surfaces[surface]!.toLowerCase();
    return folded.some((secret) => shown.includes(secret));
  });
  expect(leaking).toEqual([]);
}

/** The documented type and range of every setting. */
function expectDocumentedValues(config: ServiceConfig): void {
  const { SECRET_KEY, SECRET_KEY_FALLBACKS, CACHE_MAX_BYTES, LIMITS } = config;
  const hardened = config.NODE_ENV !== 'development';
  const documented: Readonly<Record<string, boolean>> = {
    SECRET_KEY: SECRET_KEY.trim() !== '' && (!hardened || Buffer.byteLength(SECRET_KEY) >= 32),
    SECRET_KEY_FALLBACKS: !hardened || SECRET_KEY_FALLBACKS.every((key) => Buffer.byteLength(key) >= 32),
    NODE_ENV: config.NODE_ENV === undefined || config.NODE_ENV.trim() === config.NODE_ENV,
    DEBUG: hardened ? !config.DEBUG : typeof config.DEBUG === 'boolean',
    LOG_LEVEL: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'].includes(config.LOG_LEVEL),
    PORT: isWhole(config.PORT, 0, 65_535),
    PAGE_SIZE: isWhole(config.PAGE_SIZE, 1, 1000),
    MAX_PAGE_SIZE: isWhole(config.MAX_PAGE_SIZE, config.PAGE_SIZE, 1000),
    CACHE_TTL_SECONDS: isWhole(config.CACHE_TTL_SECONDS, 1, 365 * 24 * 3600),
    CACHE_MAX_ENTRIES: isWhole(config.CACHE_MAX_ENTRIES, 1, 2 ** 24 - 1),
    CACHE_MAX_BYTES: CACHE_MAX_BYTES === 'auto' || isWhole(CACHE_MAX_BYTES, 1, Number.MAX_SAFE_INTEGER),
    maxBytes: isWhole(config.getCacheConfig().maxBytes, 1, Number.MAX_SAFE_INTEGER),
    CACHE_URL:
      config.CACHE_URL === undefined ||
      /^(?:rediss?|valkeys?|memcached):\/\/./i.test(config.CACHE_URL.trim()),
    CACHE_NAMESPACE: /^[\w.-]{1,64}$/.test(config.CACHE_NAMESPACE),
    CACHE_TIMEOUT_MS: isWhole(config.CACHE_TIMEOUT_MS, 1, 60_000),
    DATABASE_POOL_MAX: isWhole(config.DATABASE_POOL_MAX, 1, 10_000),
    DATABASE_MAX_CONNECTIONS:
      config.DATABASE_MAX_CONNECTIONS === undefined ||
      isWhole(config.DATABASE_MAX_CONNECTIONS, config.DATABASE_POOL_MAX * (config.REPLICAS ?? 1), 1_000_000),
    REPLICAS: config.REPLICAS === undefined || isWhole(config.REPLICAS, 1, 10_000),
    INVOICE_URL: /^[a-z][a-z0-9+.-]*:/i.test(config.INVOICE_URL),
    CONTACT: config.CONTACT?.includes('@') !== false,
    RATIO: config.RATIO >= 0 && config.RATIO <= 1,
    VERBOSE: config.VERBOSE === undefined || typeof config.VERBOSE === 'boolean',
    MODE: ['fast', 'slow'].includes(config.MODE),
    REGION: config.REGION === undefined || /^[a-z]{1,12}$/.test(config.REGION),
    SHARDS: config.SHARDS.length <= 4 && config.SHARDS.every(Number.isSafeInteger),
    ACCOUNT: config.ACCOUNT === undefined || typeof config.ACCOUNT === 'bigint',
    LIMITS:
      LIMITS === undefined ||
      (Number.isFinite(LIMITS.rate) && Object.getPrototypeOf(LIMITS) === Object.prototype),
    STRIPE_KEY: config.STRIPE_KEY.length >= 20,
    WEBHOOK_KEYS: config.WEBHOOK_KEYS.every((key) => key.length >= 16),
    'log levels': config.getLogLevels().at(-1) === config.LOG_LEVEL,
  };
  expect(Object.keys(documented).filter((name) => documented[name] !== true)).toEqual([]);
  const blank = SETTINGS.filter((name) => /^\s*$/.test(valueOf(config, name) ?? 'x'));
  expect(blank, 'blanks are unset').toEqual([]);
}

function valueOf(config: ServiceConfig, name: string): string | undefined {
  const value = (config as unknown as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (
    Object.isFrozen(value) &&
    Object.getOwnPropertyNames(value).every((name) =>
      isDeeplyFrozen((value as Record<string, unknown>)[name]),
    )
  );
}

function expectCleanError(error: ConfigError, env: Variables): void {
  expect(error.code).toBe('ERR_CONFIG_REJECTED');
  expect(error.cause).toBeUndefined();
  const names = error.problems.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names, 'one problem a setting').toEqual([...new Set(names)]);
  expect(names.filter((name) => !SETTINGS.includes(name))).toEqual([]);
  expect(
    error.problems.filter(({ name, message }) => message === '' || !error.report.includes(name)),
  ).toEqual([]);
  expectNoneOf(recognisableIn(Object.values(env)), surfacesOfError(error));
}

function expectCleanInstance(config: ServiceConfig, env: Variables): void {
  expect(isDeeplyFrozen(config)).toBe(true);
  expectDocumentedValues(config);
  const secrets = recognisableIn(SECRETS.flatMap((name) => [env[name], env[`${name}_FILE`]]));
  expectNoneOf(secrets, surfacesOfInstance(config));
  if (config.DATABASE_URL !== undefined) expectNoneOf(secrets, surfacesOf(databaseConfigOf(config)));
}

/** The options for pg, or the ConfigError: the rule also accepts URLs of other drivers. */
function databaseConfigOf(config: ServiceConfig): object {
  try {
    return config.getDatabaseConfig();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
}

describe(`${runs(10_000)} random environments`, { timeout: 600_000 }, () => {
  const kinds = [
    ['with arbitrary values', wild],
    ['with up to two invalid values', slipped],
  ] as const;

  it.each(kinds)(
    '%s lead to a frozen instance or a ConfigError, neither of which exposes a secret',
    (_kind, environments) => {
      fc.assert(
        fc.property(environments, (env) => {
          const outcome = load(env);
          if (outcome instanceof ConfigError) expectCleanError(outcome, env);
          else expectCleanInstance(outcome, env);
        }),
        { numRuns: runs(4_000) },
      );
    },
  );

  it('without invalid values load as intended', () => {
    fc.assert(
      fc.property(right(), ({ env, values }) => {
        const config = ServiceConfig.load(env);
        for (const [name, value] of Object.entries(values))
          expect((config as unknown as Record<string, unknown>)[name], name).toStrictEqual(value);
        expectCleanInstance(config, env);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

it('loading an environment changes neither it nor any prototype', () => {
  fc.assert(
    fc.property(wild, (env) => {
      const before = inspect(env, { maxStringLength: null });
      load(Object.freeze(env));
      expect(inspect(env, { maxStringLength: null })).toBe(before);
      expect(Reflect.ownKeys(Object.prototype).filter((key) => /rate|canary/.test(String(key)))).toEqual([]);
    }),
    { numRuns: runs(500) },
  );
});

const SOUND = {
  SECRET_KEY: STRONG_KEYS[0],
  INVOICE_URL: 'https://invoices.example',
  STRIPE_KEY: 'x'.repeat(20),
};

it('a configuration with a bigint can be serialized as JSON', () => {
  const config = ServiceConfig.load({ ...SOUND, ACCOUNT: '12345678901234567890' });
  expect(JSON.stringify(config)).toContain('12345678901234567890');
});

it.each([
  ['a text', { INVOICE_URL: 'https://billing:canary@invoices.example' }],
  ['an object', { LIMITS: '{"rate":1,"tags":["https://billing:canary@invoices.example"]}' }],
])('the password of a URL in %s is not shown', (_kind, settings) => {
  const config = ServiceConfig.load({ ...SOUND, ...settings });
  expectNoneOf(new Set(['canary']), { inspect: show(config), explain: show(config.explain()) });
});

it('a report consists of plain lines of text for any variable names', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('SECRET_KEY', 'STRIPE_KEY', 'INVOICE_URL'),
      fc.nat(11),
      fc.constantFrom('\n', '\r', '\t', '\u001b', '\u0007', '\u0000', '\u2028', '\u202e'),
      (name, at, odd) => {
        const outcome = load({ [name.slice(0, at) + odd + name.slice(at)]: 'x' });
        expect(outcome).toBeInstanceOf(ConfigError);
        const [, ...lines] = (outcome as ConfigError).message.split('\n');
        for (const line of lines) {
          expect(line).toMatch(/^(?: {2}.*)?$/);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});
