import Joi, { type AnySchema } from 'joi';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  BaseConfig,
  ConfigDefinitionError,
  ConfigError,
  DevelopmentConfig,
  Env,
  KeyRing,
  ProductionConfig,
  Secret,
  type CacheConfig,
} from 'nestjs-production-config';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

class ShopConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
  readonly INVOICE_URL!: string;

  @Secret(Joi.string().min(20), { about: 'Stripe API key', fix: 'create one in the Stripe dashboard' })
  readonly STRIPE_KEY!: string;

  @Env(Joi.array<readonly string[]>().items(Joi.string()).default([]), { about: 'Origins that may call' })
  readonly ORIGINS!: readonly string[];

  @Env(
    Joi.object<{ readonly max: number; readonly nested: { readonly tags: readonly string[] } }>().optional(),
  )
  readonly LIMITS?: { readonly max: number; readonly nested: { readonly tags: readonly string[] } };

  @Env(Joi.boolean().default(false))
  readonly BETA!: boolean;
}

const VALID = {
  NODE_ENV: 'production',
  SECRET_KEY,
  INVOICE_URL: 'https://invoices.example.org',
  STRIPE_KEY: 'sk_live_0123456789abcdef',
};

describe('defaults', () => {
  it('apply the documented value to every unset setting', () => {
    const config = ProductionConfig.load({ SECRET_KEY });
    expect({ ...config }).toEqual({
      NODE_ENV: undefined,
      DEBUG: false,
      LOG_LEVEL: 'log',
      PORT: 3000,
      SECRET_KEY_RELOAD_SECONDS: 0,
      DRAIN_SECONDS: 5,
      SHUTDOWN_SECONDS: 25,
      PAGE_SIZE: 100,
      MAX_PAGE_SIZE: 100,
      CACHE_ENABLED: true,
      CACHE_TTL_SECONDS: 600,
      CACHE_MAX_ENTRIES: 4096,
      CACHE_MAX_BYTES: 'auto',
      CACHE_CA: undefined,
      CACHE_CERT: undefined,
      CACHE_NAMESPACE: 'app',
      CACHE_TIMEOUT_MS: 50,
      DATABASE_POOL_MAX: 10,
      DATABASE_MAX_CONNECTIONS: undefined,
      REPLICAS: undefined,
      RELEASE: undefined,
    });
    expect(config.SECRET_KEY).toBe(SECRET_KEY);
    expect(config.SECRET_KEY_FALLBACKS).toEqual([]);
    expect(config.DATABASE_URL).toBeUndefined();
    expect(config.CACHE_URL).toBeUndefined();
    expect(config.CACHE_KEY).toBeUndefined();
  });

  it('set MAX_PAGE_SIZE to PAGE_SIZE unless it is set', () => {
    expect(ProductionConfig.load({ SECRET_KEY, PAGE_SIZE: '20' }).MAX_PAGE_SIZE).toBe(20);
    expect(ProductionConfig.load({ SECRET_KEY, PAGE_SIZE: '20', MAX_PAGE_SIZE: '50' }).MAX_PAGE_SIZE).toBe(
      50,
    );
  });

  it('give a shutdown 20 s more than DRAIN_SECONDS, which is 0 under DevelopmentConfig', () => {
    const of = ({ DRAIN_SECONDS, SHUTDOWN_SECONDS }: BaseConfig) => [DRAIN_SECONDS, SHUTDOWN_SECONDS];
    expect(of(ProductionConfig.load({ SECRET_KEY, DRAIN_SECONDS: '30' }))).toEqual([30, 50]);
    expect(of(ProductionConfig.load({ SECRET_KEY, SHUTDOWN_SECONDS: '11' }))).toEqual([5, 11]);
    expect(of(DevelopmentConfig.load({}))).toEqual([0, 20]);
  });

  it('treat a blank value as unset', () => {
    const config = ProductionConfig.load({ SECRET_KEY, PORT: '', PAGE_SIZE: '  ', DATABASE_URL: '\t\n' });
    expect([config.PORT, config.PAGE_SIZE, config.DATABASE_URL]).toEqual([3000, 100, undefined]);
  });
});

describe('conversion', () => {
  it.each([
    ['1', true],
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['0', false],
    ['no', false],
    ['OFF', false],
    ['false', false],
  ])('accepts the boolean spelling %s', (text, expected) => {
    expect(ShopConfig.load({ ...VALID, BETA: text }).BETA).toBe(expected);
  });

  it('splits lists by comma or newline and trims the items', () => {
    expect(ShopConfig.load({ ...VALID, ORIGINS: ' a.org, b.org\nc.org,\n' }).ORIGINS).toEqual([
      'a.org',
      'b.org',
      'c.org',
    ]);
  });

  it('accepts a list as JSON', () => {
    expect(ShopConfig.load({ ...VALID, ORIGINS: ' ["a,b", "c"]' }).ORIGINS).toEqual(['a,b', 'c']);
    expect(ShopConfig.load({ ...VALID, ORIGINS: '[::1]:80, [::2]:80' }).ORIGINS).toEqual([
      '[::1]:80',
      '[::2]:80',
    ]);
  });

  it('removes the trailing newline of a mounted secret, and rejects other white space around a key', () => {
    expect(ProductionConfig.load({ SECRET_KEY: `${SECRET_KEY}\n` }).SECRET_KEY).toBe(SECRET_KEY);
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY: `${SECRET_KEY} ` }))).toContain('white space');
  });

  it.each([
    ['info', 'log'],
    ['TRACE', 'verbose'],
    ['warn', 'warn'],
  ])('reads the log level %s as %s', (text, level) => {
    expect(ProductionConfig.load({ SECRET_KEY, LOG_LEVEL: text }).LOG_LEVEL).toBe(level);
  });

  it('enables the level and every more severe one in Nest', () => {
    expect(ProductionConfig.load({ SECRET_KEY, LOG_LEVEL: 'warn' }).getLogLevels()).toEqual([
      'fatal',
      'error',
      'warn',
    ]);
  });

  it('reads a DEBUG pattern as true if debugging is allowed', () => {
    expect(DevelopmentConfig.load({ DEBUG: 'express:*' }).DEBUG).toBe(true);
  });
});

describe('rejection', () => {
  it('reports all problems at once, with the next step', () => {
    expect(
      reportOf(() =>
        ShopConfig.load({
          NODE_ENV: 'production',
          PAGE_SIZE: '5000',
          STRIPE_KYE: 'sk_live_0123456789abcdef',
          INVOICE_URL: 'https://a.org',
        }),
      ),
    ).toBe(
      [
        'Configuration rejected: 3 problems (ShopConfig)',
        '',
        '  SECRET_KEY    is missing',
        '                The key from which signatures and tokens are made',
        '                -> set SECRET_KEY, or SECRET_KEY_FILE to a mounted secret; make one: npx nestjs-production-config keygen',
        '  PAGE_SIZE     must be a whole number from 1 to 1000   from the environment',
        '  STRIPE_KEY    is missing; STRIPE_KYE is set: did you mean STRIPE_KEY?',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['PORT', '70000', 'must be a port, from 0 to 65535'],
    ['PORT', '80a', 'must be a port, from 0 to 65535'],
    ['MAX_PAGE_SIZE', '99', 'must be a whole number from PAGE_SIZE to 1000'],
    ['SHUTDOWN_SECONDS', '10', 'must be a whole number from DRAIN_SECONDS + 6 to 7200'],
    ['CACHE_MAX_ENTRIES', '0', 'must be a whole number from 1 to 16777215'],
    ['CACHE_MAX_ENTRIES', 'unlimited', 'must be a whole number from 1 to 16777215'],
    ['CACHE_MAX_BYTES', '0', 'must be a size such as 64mb'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, log, debug, verbose'],
    ['DEBUG', 'express:*', 'must be off'],
    ['CACHE_NAMESPACE', 'two words', 'must be 1 to 64 letters, digits, dots, hyphens or underscores'],
    ['DATABASE_URL', 'not a url', 'must be a URL'],
    ['INVOICE_URL', 'nowhere', 'must be a URL'],
    ['STRIPE_KEY', 'short', 'must have at least 20 characters'],
  ])('reports the reason for %s=%s without the value', (name, value, text) => {
    const report = reportOf(() => ShopConfig.load({ ...VALID, [name]: value }));
    expect(report).toContain(`${name} `);
    expect(report).toContain(text);
    expect(report).toContain('1 problem ');
    expect(report).toContain('from the environment');
    if (value.length > 3) expect(report).not.toContain(value);
  });

  it.each([
    [
      'http://cache.internal',
      'must be a redis:, rediss:, valkey:, valkeys:, redis+sentinel:, rediss+sentinel: or memcached: URL',
    ],
    ['redis://cache.internal/orders', 'its path must be the number of a database'],
    ['redis://:opensesame@cache.internal:65536', 'the port must be a number from 1 to 65535'],
    ['redis://:open%sesame@cache.internal', 'contains a % that must be written %25'],
    ['redis://opensesame?x@cache.internal', 'must be written %3F'],
    ['redis://cache.example,cache.internal/1', 'a cluster has no database but 0'],
    ['redis://:opensesame@cache.example,:opensesame@cache.internal', 'it takes one account'],
    [
      'rediss://cache.example?ssl_cert_reqs=none',
      'it takes no parameters; use rediss:// or valkeys:// for TLS',
    ],
    ['redis+sentinel://cache.example', 'its path must begin with the name of the master'],
    [
      'redis+sentinel://cache.example/orders?sentinelPasword=opensesame',
      'it takes no parameters but sentinelUser',
    ],
    ['memcached://', 'the host is missing'],
    ['memcached://cache.internal:65536', 'the port must be a number from 1 to 65535'],
    ['memcached://cache.internal,redis://cache.example', 'it takes no path'],
    ['memcached://:opensesame@cache.internal', 'needs both a user and a password'],
    [
      'cache.example:6379',
      'must be a redis:, rediss:, valkey:, valkeys:, redis+sentinel:, rediss+sentinel: or memcached: URL',
    ],
  ])('rejects %s as CACHE_URL, and reports the reason without the value', (url, text) => {
    const report = reportOf(() => ShopConfig.load({ ...VALID, CACHE_URL: url, CACHE_NAMESPACE: 'shop' }));
    expect(report).toContain(text);
    expect(report).toContain('1 problem ');
    expect(report).not.toContain(url);
  });

  it('requires a namespace for a shared cache, except in development', () => {
    const CACHE_URL = 'redis://cache.internal';
    expect(reportOf(() => ShopConfig.load({ ...VALID, CACHE_URL }))).toMatch(/CACHE_NAMESPACE +is missing/);
    expect(ShopConfig.load({ ...VALID, CACHE_URL, CACHE_NAMESPACE: 'shop' }).getCacheConfig()).toMatchObject({
      namespace: 'shop',
      url: CACHE_URL,
    });
    expect(DevelopmentConfig.load({ CACHE_URL }).getCacheConfig().namespace).toBe('app');
  });

  it('exposes the problems as data with a stable code', () => {
    try {
      ShopConfig.load({ ...VALID, SECRET_KEY: 'weak', PORT: 'x' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      const { code, problems, cause } = error as ConfigError;
      expect(code).toBe('ERR_CONFIG_REJECTED');
      expect(problems.map((problem) => [problem.name, problem.code, problem.origin])).toEqual([
        ['SECRET_KEY', 'weak', 'environment'],
        ['PORT', 'invalid', 'environment'],
      ]);
      expect(cause).toBeUndefined();
      expect(inspect(error)).toBe((error as ConfigError).report);
    }
  });

  it.each<[AnySchema, string, string]>([
    [Joi.string().email(), 'x', 'must be an e-mail address'],
    [Joi.string().guid(), 'x', 'must be a UUID'],
    [Joi.string().hex(), 'xyz', 'must be hexadecimal'],
    [Joi.string().hostname(), '- -', 'must be a host name'],
    [Joi.string().domain(), 'x', 'must be a domain name'],
    [Joi.string().ip(), 'x', 'must be an IP address'],
    [Joi.string().ip({ version: 'ipv6' }), '127.0.0.1', 'must be an IP address (ipv6)'],
    [Joi.string().isoDate(), 'x', 'must be an ISO 8601 date'],
    [Joi.string().isoDuration(), 'x', 'must be an ISO 8601 duration'],
    [Joi.string().base64(), '*', 'must be base64'],
    [Joi.string().uri({ scheme: 'https' }), 'ftp://x', 'must be a URL that begins with https:'],
    [Joi.string().uri({ relativeOnly: true }), 'https://x', 'must be a relative URL'],
    [Joi.string().pattern(/^a$/), 'b', 'does not have the required form'],
    [Joi.string().min(2), 'x', 'must have at least 2 characters'],
    [Joi.string().max(4, 'utf8'), 'ééé', 'must have at most 4 bytes'],
    [Joi.number().port().min(1024), '80', 'must be a port, from 1024 to 65535'],
    [
      Joi.array().items(Joi.string().valid('a'), Joi.number()),
      'q',
      'item 1 must be one of a, or must be a number',
    ],
    [Joi.array().items(Joi.string().valid('a').required()), 'b', 'item 1 must be one of a'],
    [Joi.object({ a: Joi.string() }), '{"b":1}', 'a property is unknown; known properties: a'],
    [
      Joi.alternatives(Joi.number().min(3), Joi.boolean()),
      'x',
      'must be a number, at least 3, or must be true or false (or 1, 0, yes, no, on, off)',
    ],
    [
      Joi.alternatives(Joi.number().min(3), Joi.string().email()),
      '2',
      'must be a number, at least 3, or must be an e-mail address',
    ],
    [
      Joi.alternatives().match('one').try(Joi.string(), Joi.number()),
      '1',
      'matches several of the allowed forms but must match only one',
    ],
    [Joi.alternatives().match('all').try(Joi.string(), Joi.number()), 'x', 'has none of the allowed forms'],
    [Joi.string().max(1), 'xy', 'must have at most 1 character'],
    [Joi.string().length(3), 'xy', 'must have exactly 3 characters'],
    [Joi.string().invalid('x', 'y'), 'x', 'must not be x or y'],
    [
      Joi.string().custom((_, helpers) => helpers.error('any.invalid')),
      'x',
      'has a value that is not allowed',
    ],
    [Joi.string().custom(() => JSON.parse('{')), 'x', 'is rejected by its rule'],
    [Joi.array().min(3), 'a,b', 'must have at least 3 items'],
    [Joi.array().max(1), 'a,b', 'must have at most 1 item'],
    [Joi.array().length(1), 'a,b', 'must have exactly 1 item'],
    [Joi.object({ a: Joi.number().required() }), '{}', 'property a is missing'],
    [Joi.array().items(Joi.object({ a: Joi.number().required() })), '[{}]', 'item 1, property a is missing'],
    [
      Joi.object({ a: Joi.object({ b: Joi.number() }) }),
      '{"a":{"b":"x"}}',
      'property a, property b must be a number',
    ],
    [Joi.object().pattern(/^x/, Joi.number()), '{"xy":"z"}', 'a property must be a number'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).and('a', 'b'), '{"a":1}', 'must also have b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).with('a', 'b'), '{"a":1}', 'must also have b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).without('a', 'b'), '{"a":1,"b":1}', 'must not also have b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).or('a', 'b'), '{}', 'must have one of a, b'],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).xor('a', 'b'), '{"a":1,"b":1}', 'must have only one of a, b'],
    [
      Joi.object({ a: Joi.any(), b: Joi.any() }).oxor('a', 'b'),
      '{"a":1,"b":1}',
      'must have at most one of a, b',
    ],
    [Joi.object({ a: Joi.any(), b: Joi.any() }).nand('a', 'b'), '{"a":1,"b":1}', 'must not have all of a, b'],
    [Joi.object().min(2), '{"a":1}', 'must have at least 2 properties'],
    [Joi.object().max(1), '{"a":1,"b":1}', 'must have at most 1 property'],
    [Joi.object().length(2), '{}', 'must have exactly 2 properties'],
    [Joi.string().pattern(/^a$/, 'postcode'), 'b', 'must have the form of a postcode'],
    [Joi.string().pattern(/a/, { name: 'ticket', invert: true }), 'a', 'must not have the form of a ticket'],
    [Joi.string().pattern(/a/, { invert: true }), 'a', 'has a form that is not allowed'],
    [
      Joi.array().items(Joi.string().uri({ scheme: ['https', 'wss'] })),
      'x:y',
      'item 1 must be a URL that begins with https: or wss:',
    ],
    [Joi.string().uri({ scheme: /https?/ }), 'x:y', 'must be a URL'],
    [
      Joi.number(),
      '9007199254740993',
      'is more than a number can hold exactly (the largest whole number is 9007199254740991): declare it as text to keep every digit',
    ],
    [Joi.string().alphanum(), '-', 'must be letters and digits'],
    [Joi.string().token(), '-', 'must be letters, digits and underscores'],
    [Joi.string().lowercase().strict(), 'A', 'must be in lower case'],
    [Joi.string().uppercase().strict(), 'a', 'must be in upper case'],
    [Joi.string().dataUri(), 'x', 'must be a data: URL'],
    [Joi.array().ordered(Joi.string()), 'a,b', 'must have at most 1 item'],
    [Joi.array(), '["a","b",]', 'is not valid JSON: write ["a", "b"], or the items without brackets'],
    [Joi.object(), '{"a":', 'is not valid JSON: write {"name": "value"}'],
    [Joi.object(), 'x', 'must be a JSON object of the required form'],
    [Joi.boolean().valid(true), 'no', 'must be on (true, 1, yes or on)'],
    [Joi.boolean(), 'maybe', 'must be true or false (or 1, 0, yes, no, on, off)'],
    [Joi.number(), 'x', 'must be a number'],
    [Joi.number().min(2), '1', 'must be a number, at least 2'],
    [Joi.number().max(2), '3', 'must be a number, at most 2'],
    [Joi.number().integer(), '1.5', 'must be a whole number'],
    [Joi.number().greater(2), '1', 'must be a number greater than 2'],
    [Joi.number().less(2), '3', 'must be a number less than 2'],
    [Joi.number().positive(), '-1', 'must be a positive number'],
    [Joi.number().negative(), '1', 'must be a negative number'],
  ])('reports the reason in its own words: %#', (rule, value, text) => {
    class Single extends ProductionConfig {
      declare readonly VALUE: unknown;
    }
    Env(rule as AnySchema<unknown>)(Single.prototype, 'VALUE');
    const report = reportOf(() => Single.load({ SECRET_KEY, VALUE: value }));
    expect(report).toContain(`VALUE         ${text}   from the environment`);
  });

  it("rejects a rule's own .error(), which would hide every other problem", () => {
    class Hiding extends ProductionConfig {
      @Env(Joi.number().min(10).error(new Error('canary')))
      readonly X!: number;
    }
    expect(() => Hiding.load({ X: '3', PAGE_SIZE: '999999' })).toThrow(ConfigDefinitionError);
  });

  it('reports the limits of the violated rule', () => {
    class Limited extends ProductionConfig {
      @Env(Joi.array<number[]>().items(Joi.number().min(10).max(65_535)).min(1).max(3))
      readonly PORTS!: readonly number[];

      @Env(
        Joi.number()
          .min(1)
          .when('STEP', { is: Joi.exist(), then: Joi.number().min(10) }),
      )
      readonly SIZE!: number;

      @Env(Joi.number().multiple(5))
      readonly STEP!: number;

      @Env(Joi.array<boolean[]>().items(Joi.boolean()))
      readonly FLAGS!: readonly boolean[];
    }
    const report = reportOf(() =>
      Limited.load({ SECRET_KEY, PORTS: '80,5', STEP: '7', SIZE: '5', FLAGS: 'true,maybe' }),
    );
    expect(report).toContain('item 2 must be a number, at least 10');
    expect(report).toContain('must be a multiple of 5');
    expect(report).toMatch(/SIZE +must be a number, at least 10/);
    expect(report).toMatch(/item 2 must be true or false \(or 1, 0, yes, no, on, off\) +from/);
  });

  it('does not suggest a setting that would be rejected', () => {
    class Uncached extends ProductionConfig {
      @Secret(Joi.string().forbidden())
      declare readonly CACHE_URL?: string;
    }
    const report = reportOf(() => Uncached.load({ CACHE_URI: 'redis://x' }));
    expect(report).not.toContain('CACHE_URL');
  });

  it('reports the purpose of a missing setting', () => {
    class Invoices extends ProductionConfig {
      @Env(Joi.string().uri(), { about: 'Where\n invoices are sent' })
      readonly INVOICE_URL!: string;
    }
    const report = reportOf(() => Invoices.load({ SECRET_KEY }));
    expect(report).toContain(
      '  INVOICE_URL    is missing\n                 Where invoices are sent\n                 -> set INVOICE_URL\n',
    );
  });

  it('shows the message of a custom rule, and asks for one if there is none', () => {
    const refuse = (_: string, helpers: Joi.CustomHelpers) => helpers.error('ticket.odd');
    class Tickets extends ProductionConfig {
      @Env(Joi.string().custom(refuse).messages({ 'ticket.odd': 'must be an\n open ticket' }))
      readonly SAID!: string;

      @Env(Joi.string().pattern(/^x$/).message('must be x'))
      readonly SHORT!: string;

      @Env(Joi.string().custom(refuse), { about: 'The ticket of the release' })
      readonly UNSAID!: string;

      @Env(Joi.string().custom(refuse), { fix: 'open a ticket' })
      readonly FIXED!: string;
    }
    const report = reportOf(() =>
      Tickets.load({ SECRET_KEY, SAID: 'q', SHORT: 'q', UNSAID: 'q', FIXED: 'q' }),
    );
    expect(report).toMatch(/SAID +must be an open ticket +from/);
    expect(report).toMatch(/SHORT +must be x +from/);
    expect(report).toMatch(
      /UNSAID +is rejected by its rule .*\n +The ticket of the release\n +-> its class can explain why, with fix or with \.messages\(\) of a Joi rule/,
    );
    expect(report).toMatch(/FIXED +is rejected by its rule .*\n +-> open a ticket/);
  });

  it('lists near misses and warnings below the problems', () => {
    class Regional extends ProductionConfig {
      @Env(Joi.string().optional())
      readonly REGION_NAME?: string;

      @Env(Joi.string().optional(), { warn: (url) => url && `leads to ${url}`, fix: 'use another' })
      readonly PROXY?: string;
    }
    const settings = {
      NODE_ENV: 'production',
      REGION_NMAE: 'eu',
      LOG_LEVEL: 'debug',
      PROXY: 'http://a:canary@b',
    };
    try {
      Regional.load(settings);
      expect.unreachable();
    } catch (error) {
      const { report } = error as ConfigError;
      expect(report.slice(report.indexOf('SECRET_KEY'))).toContain(
        [
          "\n\n  Note: LOG_LEVEL is 'debug', which costs time and may log personal data: set LOG_LEVEL=log",
          '  Note: REGION_NMAE is set but nothing reads it: did you mean REGION_NAME?',
          '  Note: PROXY leads to http://a:[redacted]@b: use another\n',
        ].join('\n'),
      );
      expect(JSON.stringify(error)).not.toContain('REGION');
      expect((error as ConfigError).problems).toHaveLength(1);
      expect(report).not.toContain('canary');
    }
  });

  it("never uses a rule's own message with a placeholder, which may quote the value", () => {
    class Talkative extends ProductionConfig {
      @Env(Joi.string().pattern(/^x$/).messages({ 'string.pattern.base': 'got {{#value}}' }))
      readonly CODE!: string;
    }
    expect(reportOf(() => Talkative.load({ SECRET_KEY, CODE: 'canary-4711' }))).not.toContain('canary');
  });
});

describe('SECRET_KEY', () => {
  it.each([
    ['too-short', 'is too short'],
    ['0123456789abcdef0123456789abcdef', 'is too short'],
    ['your-256-bit-secret-please-change-me-in-production', 'looks like a placeholder'],
    ['zyzzyzyyzyzzyzyyzyzzyzyyzyzzyzyyzyzzyzyyzyzzyzyyzyy', 'is too uniform'],
    ['q7RtYx2LmQ9kq7RtYx2LmQ9kq7RtYx2LmQ9kq7RtYx2LmQ9k', 'repeats itself'],
    ['12345678901234567890123456789012345678901234567890abc', 'is too predictable'],
  ])('is rejected if it is weak: %s', (key, reason) => {
    const report = reportOf(() => ProductionConfig.load({ SECRET_KEY: key }));
    expect(report).toContain(reason);
    expect(report).toContain('make one: npx nestjs-production-config keygen');
    expect(report).not.toContain(key);
  });

  it.each([SECRET_KEY, ...OTHER_KEYS])('is accepted if it is random, in any common encoding', (key) => {
    expect(ProductionConfig.load({ SECRET_KEY: key }).SECRET_KEY).toBe(key);
  });

  it('is not the only secret that can be declared as distinct from all others', () => {
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string(), { distinct: true })
      readonly HOOK!: string;

      @Secret(Joi.string())
      readonly TOKEN!: string;
    }
    const load = (HOOK: string) => () => TokenConfig.load({ SECRET_KEY, HOOK, TOKEN: 'one' });
    expect(load('another')().HOOK).toBe('another');
    expect(reportOf(load('one'))).toContain('TOKEN         is also used for HOOK');
  });

  it('must not be part of another secret', () => {
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string())
      readonly PASS!: string;

      @Secret(Joi.array<string[]>().items(Joi.string()))
      readonly TOKENS!: readonly string[];
    }
    const load = (TOKENS: string) => () => TokenConfig.load({ SECRET_KEY, PASS: 'shared', TOKENS });
    expect(load('shared')().TOKENS).toEqual(['shared']);
    expect(reportOf(load(`shared,${SECRET_KEY}`))).toContain('item 2 is also used for SECRET_KEY');
    const url = `postgres://localhost/a?user=a&password=${SECRET_KEY}`;
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY, DATABASE_URL: url }))).toContain(
      'DATABASE_URL    is also used for SECRET_KEY',
    );
  });

  it('may be shared with a setting that names it, while a service migrates', () => {
    class MovingConfig extends ProductionConfig {
      @Secret(Joi.string(), { sharedWith: ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'] })
      readonly JWT_SECRET!: string;

      @Secret(Joi.string().optional())
      readonly OTHER_SECRET?: string;
    }
    const old = OTHER_KEYS[0];
    expect(MovingConfig.load({ SECRET_KEY, JWT_SECRET: SECRET_KEY }).JWT_SECRET).toBe(SECRET_KEY);
    expect(MovingConfig.load({ SECRET_KEY, SECRET_KEY_FALLBACKS: old, JWT_SECRET: old }).JWT_SECRET).toBe(
      old,
    );
    const shared = { SECRET_KEY, JWT_SECRET: SECRET_KEY, OTHER_SECRET: SECRET_KEY };
    expect(reportOf(() => MovingConfig.load(shared))).toContain(
      'OTHER_SECRET    is also used for SECRET_KEY',
    );
  });

  it('may have fallbacks, each as strong as the key, and the key itself among them', () => {
    const load = (fallbacks: readonly string[]) =>
      ProductionConfig.load({ SECRET_KEY, SECRET_KEY_FALLBACKS: fallbacks.join(',') });
    expect(load(OTHER_KEYS).SECRET_KEY_FALLBACKS).toEqual(OTHER_KEYS);
    expect(reportOf(() => load([OTHER_KEYS[0], 'weak']))).toContain('item 2 is too short');
    const same = load([SECRET_KEY, OTHER_KEYS[0]]);
    expect(new KeyRing(same).ids).toEqual(new KeyRing(load([OTHER_KEYS[0]])).ids);
    expect(reportOf(() => load([OTHER_KEYS[0], OTHER_KEYS[0]]))).toContain('must not contain an item twice');
  });
});

describe('environments', () => {
  const development = { ...VALID, NODE_ENV: 'development', SECRET_KEY: '', DEBUG: '1', LOG_LEVEL: 'debug' };

  it('apply the rules of another class on top if NODE_ENV has its name', () => {
    const config = ShopConfig.load(development);
    expect(config).toBeInstanceOf(ShopConfig);
    expect(config.SECRET_KEY).not.toBe('');
    expect(config.DEBUG).toBe(true);
  });

  it('leave the rules of the class unchanged for any other name, and a report names both classes', () => {
    expect(reportOf(() => ShopConfig.load({ ...development, NODE_ENV: 'staging' }))).toContain(
      '(ShopConfig)',
    );
    expect(reportOf(() => ShopConfig.load({ ...development, STRIPE_KEY: 'x' }))).toContain(
      '(ShopConfig under DevelopmentConfig)',
    );
    expect(reportOf(() => ShopConfig.load({ ...development, NODE_ENV: 'toString' }))).toContain(
      '(ShopConfig)',
    );
  });

  it('reject the development rules if NODE_ENV is production', () => {
    expect(reportOf(() => DevelopmentConfig.load({ NODE_ENV: 'production' }))).toContain('NODE_ENV');
  });
});

describe('immutability', () => {
  const config = ShopConfig.load({
    ...VALID,
    ORIGINS: 'a.org,b.org',
    LIMITS: '{"max":3,"nested":{"tags":["x"]}}',
  });
  const open = config as unknown as Record<string, never> & {
    LIMITS: { nested: { tags: string[] } };
    ORIGINS: string[];
  };

  it.each<[string, () => unknown]>([
    ['assignment', () => Object.assign(config, { PORT: 1 })],
    ['assignment to a secret', () => Object.assign(config, { SECRET_KEY: 'x' })],
    ['a new property', () => Object.assign(config, { NEW: 1 })],
    ['delete', () => Reflect.deleteProperty(config, 'PORT') || thrown()],
    ['defineProperty', () => Object.defineProperty(config, 'PORT', { value: 1 })],
    ['defineProperty on a secret', () => Object.defineProperty(config, 'SECRET_KEY', { value: 'x' })],
    ['setPrototypeOf', () => Object.setPrototypeOf(config, null)],
    ['a change of a list', () => open.ORIGINS.push('c.org')],
    ['a change of an object', () => Object.assign(open.LIMITS, { max: 9 })],
    ['a change of a nested list', () => open.LIMITS.nested.tags.push('y')],
    ['a change of the cache bounds', () => Object.assign(config.getCacheConfig(), { maxEntries: 9 })],
  ])('throws on %s', (_what, change) => {
    expect(change).toThrow(TypeError);
    expect(config.PORT).toBe(3000);
    expect(config.SECRET_KEY).toBe(SECRET_KEY);
  });

  it('prevents direct construction', () => {
    expect(() => new ShopConfig()).toThrow('use ShopConfig.load()');
  });

  function thrown(): never {
    throw new TypeError('refused');
  }
});

describe('redaction', () => {
  const password = 'hunter2hunter2';
  const config = ShopConfig.load({
    ...VALID,
    INVOICE_URL: `https://user:${password}@invoices.example.org/x`,
    DATABASE_URL: `postgres://app:${password}@db.example.org/shop`,
    SECRET_KEY_FALLBACKS: OTHER_KEYS.join(),
  });
  const secrets = [SECRET_KEY, ...OTHER_KEYS, VALID.STRIPE_KEY, password];

  it.each<[string, () => unknown]>([
    ['JSON', () => JSON.stringify(config)],
    ['inspect', () => inspect(config, { depth: 9 })],
    ['inspect with hidden properties', () => inspect(config, { showHidden: true })],
    ['inspect of an object that contains it', () => inspect({ deep: { config } }, { depth: 9 })],
    ['explain', () => inspect(config.explain())],
    [
      'the database configuration',
      () => inspect(config.getDatabaseConfig()) + JSON.stringify(config.getDatabaseConfig()),
    ],
  ])('shows no secret in %s', (_where, show) => {
    for (const secret of secrets) expect(show()).not.toContain(secret);
  });

  it('shows no secret in a spread or a clone', () => {
    for (const secret of [SECRET_KEY, ...OTHER_KEYS, VALID.STRIPE_KEY]) {
      expect(inspect({ ...config })).not.toContain(secret);
      expect(inspect(structuredClone(config))).not.toContain(secret);
    }
  });

  it('explains every setting with its value and its origin', () => {
    const explained = new Map(config.explain().map((setting) => [setting.name, setting]));
    expect(explained.get('INVOICE_URL')).toEqual({
      name: 'INVOICE_URL',
      origin: 'environment',
      value: 'https://user:[redacted]@invoices.example.org/x',
      about: 'Where invoices are sent',
    });
    expect(explained.get('SECRET_KEY')).toMatchObject({ origin: 'environment', value: '[redacted]' });
    expect(explained.get('PORT')).toMatchObject({ origin: 'default', value: 3000 });
    expect(explained.get('CACHE_URL')).toMatchObject({ origin: 'unset', value: undefined });
  });
});

describe('a setting that contains a secret but is not declared as one', () => {
  class LeakyConfig extends ProductionConfig {
    @Secret(Joi.string())
    readonly API_KEY!: string;

    @Secret(Joi.string().optional())
    readonly PIN?: string;

    @Secret(Joi.object<{ readonly token: string }>().optional())
    readonly ACCOUNT?: { readonly token: string };

    @Env(Joi.string().optional(), { warn: (value) => (value === undefined ? undefined : `is ${value}`) })
    readonly COPY?: string;

    @Env(Joi.array<readonly string[]>().items(Joi.string()).default([]))
    readonly COPIES!: readonly string[];

    @Env(Joi.object<Record<string, unknown>>().optional())
    readonly NESTED?: Readonly<Record<string, unknown>>;
  }
  const API_KEY = 'Jx7/kQ2+mXw9Lp4v=Bt0Rz';
  const password = 'x8Kq2Zt7Lw+v5sQb1aRz';
  const DATABASE_URL = `postgres://app:${encodeURIComponent(password)}@db.example/shop`;
  const token = 'tok_5sQb1aRz8gK3myx7Kq2Zt';
  const load = (env: Record<string, string>) =>
    LeakyConfig.load({ SECRET_KEY, API_KEY, DATABASE_URL, ACCOUNT: JSON.stringify({ token }), ...env });

  it.each<[string, Record<string, string>]>([
    ['the key', { COPY: SECRET_KEY }],
    ['another secret', { COPY: API_KEY }],
    ["a URL's password", { COPY: password }],
    ['the whole URL', { COPY: DATABASE_URL }],
    ['a member of an object', { COPY: token }],
    ['a fallback', { SECRET_KEY_FALLBACKS: OTHER_KEYS.join(), COPY: OTHER_KEYS[1] }],
    ['a secret inside a text', { COPY: `Bearer ${API_KEY}, or ${token}` }],
    ['a percent-encoded secret', { COPY: `https://a.example/?k=${encodeURIComponent(API_KEY)}` }],
    ['a secret in a list', { COPIES: `x,${SECRET_KEY}` }],
    ['a secret in an object', { NESTED: JSON.stringify({ deep: [{ key: API_KEY }] }) }],
    ['a secret as a property name', { NESTED: JSON.stringify({ [token]: 1 }) }],
  ])('shows no secret: %s', (_what, env) => {
    const config = load(env);
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      inspect(config, { depth: 9, customInspect: false }),
      inspect({ ...config }, { depth: 9 }),
      inspect(structuredClone(config), { depth: 9 }),
      inspect(config.explain(), { depth: 9 }),
    ].join('\n');
    for (const secret of [SECRET_KEY, ...OTHER_KEYS, API_KEY, password, token]) {
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(encodeURIComponent(secret));
    }
  });

  it('is read unredacted', () => {
    expect(load({ COPY: API_KEY }).COPY).toBe(API_KEY);
    expect(load({ COPIES: `x,${SECRET_KEY}` }).COPIES).toEqual(['x', SECRET_KEY]);
  });

  it('is shown if it only equals the address of a server', () => {
    const address = 'redis://cache.internal:6379';
    const env = { CACHE_URL: address, CACHE_NAMESPACE: 'shop', COPY: address };
    expect(load(env).toJSON()).toMatchObject({ COPY: address, CACHE_URL: '[redacted]' });
  });

  it('is redacted if it equals a web address that is a secret', () => {
    const webhook = 'https://hooks.example/services/T0/x7Kq2Zt7Lw9v5sQb';
    expect(load({ PIN: webhook, COPY: webhook }).toJSON()).toMatchObject({ COPY: '[redacted]' });
  });

  it('is redacted if it equals a short secret, but not if it only contains one', () => {
    const config = load({ PIN: 'shop', COPY: 'shop', COPIES: 'shop,shopping' });
    expect(config.toJSON()).toMatchObject({ COPY: '[redacted]', COPIES: ['[redacted]', 'shopping'] });
    expect({ ...config }).toMatchObject({ COPY: 'shop' });
  });
});

describe('derived configuration', () => {
  it('limits the cache to a share of the memory unless CACHE_MAX_BYTES is set', () => {
    const MIB = 2 ** 20;
    const { maxBytes, ...rest } = ProductionConfig.load({ SECRET_KEY }).getCacheConfig();
    expect(rest).toEqual({
      enabled: true,
      ttlSeconds: 600,
      maxEntries: 4096,
      namespace: 'app',
      timeoutMs: 50,
    });
    expect(maxBytes).toBeGreaterThanOrEqual(8 * MIB);
    expect(maxBytes).toBeLessThanOrEqual(256 * MIB);
  });

  it.each([
    ['64mb', 64 * 2 ** 20],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['512K', 512 * 1024],
    ['1000000', 1_000_000],
  ])('reads the size %s', (text, bytes) => {
    expect(ProductionConfig.load({ SECRET_KEY, CACHE_MAX_BYTES: text }).getCacheConfig().maxBytes).toBe(
      bytes,
    );
  });

  it('lets a subclass size the cache', () => {
    class Sized extends ProductionConfig {
      override buildCacheConfig(): CacheConfig {
        return { ...super.buildCacheConfig(), maxEntries: this.PAGE_SIZE * 2 };
      }
    }
    expect(Sized.load({ SECRET_KEY, PAGE_SIZE: '30' }).getCacheConfig().maxEntries).toBe(60);
  });

  it.each([{ namespace: '*' }, { namespace: 'a:b' }, { namespace: '' }, { url: 'http://cache.internal' }])(
    'rejects a subclass that shares the cache with %o',
    (shared) => {
      class Shared extends ProductionConfig {
        override buildCacheConfig(): CacheConfig {
          return { ...super.buildCacheConfig(), ...shared };
        }
      }
      expect(() => Shared.load({ SECRET_KEY }).getCacheConfig()).toThrow(ConfigDefinitionError);
    },
  );

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'rejects a subclass that limits the cache to %d entries',
    (maxEntries) => {
      class Unbounded extends ProductionConfig {
        override buildCacheConfig(): CacheConfig {
          return { ...super.buildCacheConfig(), maxEntries };
        }
      }
      expect(() => Unbounded.load({ SECRET_KEY }).getCacheConfig()).toThrow(ConfigDefinitionError);
    },
  );

  it.each([
    ['https://user:hidden@host/x', 'https://user:[redacted]@host/x'],
    ['https://hidden@git.example/x', 'https://[redacted]@git.example/x'],
    ['postgres://h/db?user=a&password=hidden', 'postgres://h/db?user=a&password=[redacted]'],
    [
      'https://h/?api_key=hidden&x=1&accessToken=hidden#token=hidden',
      'https://h/?api_key=[redacted]&x=1&accessToken=[redacted]#token=[redacted]',
    ],
    ['https://shop/?keyword=shoes&sort_key=price&design=a&monkey=b', undefined],
    ['ssh://git@github.example/x', undefined],
    ['someone@example.org', undefined],
  ])('shows %s without its credentials', (url, shown = url) => {
    class LinkConfig extends ProductionConfig {
      @Env(Joi.string())
      readonly LINK!: string;
    }
    expect(LinkConfig.load({ SECRET_KEY, LINK: url }).toJSON()['LINK']).toBe(shown);
  });

  it('returns options that the Pool of pg can copy, or reports the missing setting', () => {
    const config = ProductionConfig.load({
      SECRET_KEY,
      DATABASE_URL: 'postgres://a:b@c/d',
      DATABASE_POOL_MAX: '3',
    });
    expect(Object.assign({}, config.getDatabaseConfig())).toEqual({
      connectionString: 'postgres://a:b@c/d',
      max: 3,
      idleTimeoutMillis: 10_000,
      connectionTimeoutMillis: 5_000,
    });
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY }).getDatabaseConfig())).toContain(
      'DATABASE_URL',
    );
  });
});

describe('the pools of all replicas', () => {
  const rejected = (env: Record<string, string>, type: typeof ProductionConfig = ProductionConfig) => {
    try {
      type.load({ SECRET_KEY, ...env });
    } catch (error) {
      return (error as ConfigError).problems;
    }
    return [];
  };

  it('must not need more connections than the database grants, and the message does the sum', () => {
    const env = { DATABASE_POOL_MAX: '10', REPLICAS: '12', DATABASE_MAX_CONNECTIONS: '100' };
    expect(rejected(env)).toEqual([
      {
        name: 'DATABASE_POOL_MAX',
        code: 'invalid',
        message:
          '10 x 12 replicas = 120, more than the 100 that the database grants: at most 8, or put a pooler in front',
        origin: 'environment',
      },
    ]);
  });

  it.each([
    ['count a default', { REPLICAS: '12', DATABASE_MAX_CONNECTIONS: '119' }, '10 x 12 replicas = 120, '],
    [
      'count one process without REPLICAS',
      { DATABASE_MAX_CONNECTIONS: '9' },
      '10 x 1 process (REPLICAS is unset) = 10, more than the 9 that the database grants: at most 9, or ',
    ],
    [
      'name another way if there is not one connection for each',
      { REPLICAS: '12', DATABASE_MAX_CONNECTIONS: '8' },
      'grants: fewer than one for each replica: run fewer replicas, or put a pooler in front',
    ],
  ])('%s', (_promise, env, message) => {
    expect(rejected(env)).toMatchObject([
      { name: 'DATABASE_POOL_MAX', message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    { REPLICAS: '12', DATABASE_MAX_CONNECTIONS: '120' },
    { REPLICAS: '10000' },
    { DATABASE_MAX_CONNECTIONS: '10' },
  ])('may need as many as %j', (env) => {
    expect(rejected(env)).toEqual([]);
  });

  it('are not added up while one of the numbers is rejected', () => {
    const problems = rejected({ REPLICAS: 'many', DATABASE_MAX_CONNECTIONS: '1' });
    expect(problems.map(({ name }) => name)).toEqual(['REPLICAS']);
  });

  it('keep to a default of the class, and a number that it declares as a secret is not shown', () => {
    class BusyConfig extends ProductionConfig {
      @Secret(Joi.number().default(77))
      declare readonly DATABASE_POOL_MAX: number;
    }
    const problems = rejected({ REPLICAS: '2', DATABASE_MAX_CONNECTIONS: '100' }, BusyConfig);
    expect(problems).toEqual([
      {
        name: 'DATABASE_POOL_MAX',
        code: 'invalid',
        message: 'times REPLICAS is more than DATABASE_MAX_CONNECTIONS',
      },
    ]);
  });
});

describe('definition errors', () => {
  it.each<[string, () => unknown]>([
    [
      'a rule that yields a Date',
      () => {
        class Dated extends BaseConfig {
          @Env(Joi.date())
          readonly SINCE!: Date;
        }
        return Dated.load({ SECRET_KEY, SINCE: '2020-01-01' });
      },
    ],
    [
      'a rule whose custom part yields a Map',
      () => {
        class Mapped extends BaseConfig {
          @Env(Joi.any<Map<string, string>>().custom(() => new Map()))
          readonly PAIRS!: Map<string, string>;
        }
        return Mapped.load({ SECRET_KEY, PAIRS: 'a=b' });
      },
    ],
    [
      'a setting with the name of a method',
      () => {
        class Named extends BaseConfig {
          @Env(Joi.any<() => never>().optional())
          declare readonly explain: () => never;
        }
        return Named.load({ SECRET_KEY });
      },
    ],
    [
      'an initialiser',
      () => {
        class Initialised extends BaseConfig {
          @Env(Joi.string().default('a'))
          readonly NAME: string = 'b';
        }
        return Initialised.load({ SECRET_KEY });
      },
    ],
  ])('are thrown for %s', (_what, load) => {
    expect(load).toThrow(ConfigDefinitionError);
  });

  it('do not occur for sibling classes, whose settings are separate', () => {
    class Left extends BaseConfig {
      @Env(Joi.string().default('l'))
      readonly LEFT!: string;
    }
    class Right extends BaseConfig {
      @Env(Joi.string().default('r'))
      readonly RIGHT!: string;
    }
    expect(Left.load({ SECRET_KEY })).not.toHaveProperty('RIGHT');
    expect(Right.load({ SECRET_KEY })).toHaveProperty('RIGHT', 'r');
  });
});
