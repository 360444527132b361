import { createClient } from '@redis/client';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createHmac, randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import Joi from 'joi';
import { describe, type ExpectStatic, it } from 'vitest';
import {
  BaseConfig,
  byteSize,
  ConfigGroup,
  DevelopmentConfig,
  duration,
  Env,
  Fleet,
  type FleetSnapshot,
  Group,
  KeyRing,
  ProductionConfig,
  ProductionConfigModule,
  type ProductionConfigOptions,
  Secret,
} from 'nestjs-production-config';
import { signInternal } from '../src/keys/index.js';
import { startOwnRedis, startRedis } from './support/cache-servers.js';
import { canaryOf } from './support/canary.js';
import { expectNoCanary } from './support/canary.sites.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { RecordingLogger } from './support/recording-logger.js';
import { rawRedis } from './support/redis-client.js';

type Known = Extract<FleetSnapshot, { state: 'known' }>;

const [A, B, C] = [SECRET_KEY, ...OTHER_KEYS] as const;

/** Nest has one logger for all applications of a process. */
const logger = new RecordingLogger();

type Finish = (end: () => Promise<void>) => void;

/** Starts workers that end with the test. */
const starter =
  (onFinished: Finish) =>
  async (env: Record<string, string>, options: ProductionConfigOptions = {}) => {
    @Module({
      imports: [
        ProductionConfigModule.forRoot({
          ...options,
          env: { NODE_ENV: 'production', SECRET_KEY, ...env },
        }),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
    onFinished(() => app.close());
    return { app, fleet: app.get(Fleet), ids: app.get(KeyRing).ids };
  };

const known = (fleet: Fleet, expect: ExpectStatic) =>
  expect
    .poll(async () => (await fleet.snapshot()).state)
    .toBe('known')
    .then(async () => (await fleet.snapshot()) as Known);

const warningsOf = (release: string) =>
  logger.of('warn').filter((line) => line.startsWith(`Workers of release ${release} `));

describeWithServer('a fleet', startRedis, (server) => {
  const service = () => ({ CACHE_URL: server().url, CACHE_NAMESPACE: `fleet-${randomUUID()}` });

  describe.concurrent('of workers', () => {
    it('names the settings that differ and the workers that have each value, never a value', async ({
      expect,
      onTestFinished,
    }) => {
      const startWorker = starter(onTestFinished);
      const env = { ...service(), RELEASE: '1.4.2', DATABASE_URL: 'postgres://a:canary-one@db/orders' };
      const workers = await Promise.all([
        startWorker(env),
        startWorker({ ...env, PORT: '4000' }),
        startWorker({
          ...env,
          PAGE_SIZE: '54321'.slice(0, 2),
          DATABASE_URL: 'postgres://a:canary-two@db/orders',
        }),
      ]);
      const snapshot = await known(workers[0].fleet, expect);
      expect(snapshot).toMatchObject({ workers: 3, unread: 0 });
      const [release] = snapshot.releases;
      expect(release).toMatchObject({ release: '1.4.2', workers: 3, incomparable: 0 });
      expect(release!.drift).toEqual(
        ['DATABASE_URL', 'MAX_PAGE_SIZE', 'PAGE_SIZE'].map((setting) => ({
          setting,
          variants: [{ workers: 2 }, { workers: 1 }],
        })),
      );
      expect(release!.groups.map((group) => [group.workers, group.instances.length])).toEqual([
        [2, 2],
        [1, 1],
      ]);
      expect(snapshot.keys).toEqual([{ id: workers[0].ids[0], accepted: 3, signs: 3 }]);
      expect(JSON.stringify(snapshot)).not.toMatch(/canary|54/);
    });

    it('does not compare two releases', async ({ expect, onTestFinished }) => {
      const startWorker = starter(onTestFinished);
      const env = service();
      const workers = await Promise.all([
        startWorker({ ...env, RELEASE: 'old', PAGE_SIZE: '20' }),
        startWorker({ ...env, RELEASE: 'new', PAGE_SIZE: '30' }),
        startWorker({ ...env, RELEASE: 'new', PAGE_SIZE: '30' }),
      ]);
      const { releases } = await known(workers[0].fleet, expect);
      expect(releases.map(({ release, workers: count, drift }) => [release, count, drift])).toEqual([
        ['new', 2, []],
        ['old', 1, []],
      ]);
      expect([...warningsOf('new'), ...warningsOf('old')]).toEqual([]);
    });

    it('shows on how many workers each key is accepted, and compares settings during a rotation', async ({
      expect,
      onTestFinished,
    }) => {
      const startWorker = starter(onTestFinished);
      const env = service();
      const stages = [
        { SECRET_KEY: A },
        { SECRET_KEY: B, SECRET_KEY_FALLBACKS: A },
        { SECRET_KEY: B, PAGE_SIZE: '20' },
      ];
      const workers = await Promise.all(stages.map((stage) => startWorker({ ...env, ...stage })));
      const [a, b] = [workers[0]!.ids[0]!, workers[2]!.ids[0]!];
      const { keys, releases } = await known(workers[0]!.fleet, expect);
      expect(keys).toEqual([
        { id: b, accepted: 2, signs: 2 },
        { id: a, accepted: 2, signs: 1 },
      ]);
      expect(releases[0]).toMatchObject({ workers: 3, incomparable: 0 });
      expect(releases[0]!.drift).toEqual([
        { setting: 'MAX_PAGE_SIZE', variants: [{ workers: 2 }, { workers: 1 }] },
        { setting: 'PAGE_SIZE', variants: [{ workers: 2 }, { workers: 1 }] },
      ]);
    });

    it('says which workers have keys that have nothing in common, whose settings cannot be compared', async ({
      expect,
      onTestFinished,
    }) => {
      const startWorker = starter(onTestFinished);
      const env = { ...service(), RELEASE: 'strange' };
      const [worker] = await Promise.all(['20', '20'].map((PAGE_SIZE) => startWorker({ ...env, PAGE_SIZE })));
      await startWorker({ ...env, SECRET_KEY: C, PAGE_SIZE: '30' });
      const { releases } = await known(worker!.fleet, expect);
      expect(releases[0]).toMatchObject({ workers: 3, incomparable: 1, drift: [] });
      await expect
        .poll(() => warningsOf('strange'))
        .toEqual([expect.stringContaining('have keys that have nothing in common (2 / 1 workers)')]);
    });

    it('warns of a drift once in all workers, and says when it has ended', async ({
      expect,
      onTestFinished,
    }) => {
      const startWorker = starter(onTestFinished);
      const env = { ...service(), RELEASE: '1.4.3' };
      const workers = await Promise.all([1, 2, 3].map(() => startWorker(env)));
      await known(workers[0]!.fleet, expect);
      const other = await startWorker({ ...env, CACHE_TTL_SECONDS: '77' });
      const drift =
        'Workers of release 1.4.3 have different values of CACHE_TTL_SECONDS (3 / 1 workers) Fleet';
      await expect.poll(() => warningsOf('1.4.3')).toEqual([drift]);
      // Other numbers of workers are no other drift, whichever worker watches.
      await Promise.all([workers[0]!.app.close(), startWorker(env)]);
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      expect(warningsOf('1.4.3')).toEqual([drift]);
      await other.app.close();
      await expect
        .poll(() => logger.of('log').filter((line) => line.startsWith('The workers of')))
        .toEqual(['The workers of each release have the same settings again Fleet']);
    });

    it('forgets a worker that ends gracefully at once', async ({ expect, onTestFinished }) => {
      const startWorker = starter(onTestFinished);
      const env = service();
      const [one, other] = await Promise.all([startWorker(env), startWorker({ ...env, PAGE_SIZE: '20' })]);
      expect((await known(one.fleet, expect)).workers).toBe(2);
      await other.app.close();
      // Less than the time after which a silent worker is forgotten.
      await expect
        .poll(() => one.fleet.snapshot(), { timeout: 5000 })
        .toMatchObject({ workers: 1, releases: [{ drift: [] }], unread: 0 });
    });

    it('does not count tests, nor processes whose SECRET_KEY is public, unless they ask for it', async ({
      expect,
      onTestFinished,
    }) => {
      const startWorker = starter(onTestFinished);
      const env = service();
      const { fleet } = await startWorker(env);
      const DEVELOPMENT = { NODE_ENV: 'development', SECRET_KEY: '' };
      await startWorker({ ...env, NODE_ENV: 'test' });
      await startWorker({ ...env, ...DEVELOPMENT }, { config: DevelopmentConfig });
      await startWorker({ ...env, SECRET_KEY }, { fleet: false });
      await startWorker({ ...env, NODE_ENV: 'test' }, { fleet: true });
      await startWorker({ ...env, ...DEVELOPMENT }, { config: DevelopmentConfig, fleet: true });
      await startWorker({ ...env, NODE_ENV: 'development' }, { config: DevelopmentConfig });
      await expect
        .poll(() => fleet.snapshot())
        .toMatchObject({ workers: 4, keys: [{ accepted: 3 }, { accepted: 1 }] });
    });

    it('logs once that the account may not report, and what to grant', async ({ expect, onTestFinished }) => {
      const client = createClient({ url: server().url });
      await client.connect();
      onTestFinished(() => client.close());
      const rights = '~* &* +@all -time'.split(' ');
      await client.sendCommand(['ACL', 'SETUSER', 'untimed', 'on', '>password', ...rights]);
      const url = server().url.replace('//', '//untimed:password@');
      const { fleet, app } = await starter(onTestFinished)({ ...service(), CACHE_URL: url });
      const warnings = () =>
        logger.of('warn').filter((line) => line.includes('refuses what the workers report'));
      await expect.poll(warnings).toEqual([expect.stringContaining('(ERR): grant the account')]);
      expect(await fleet.snapshot()).toEqual({ state: 'unknown' });
      await app.close();
      expect(warnings()).toHaveLength(1);
    });

    it('adds its figures to a registry of prom-client', async ({ expect, onTestFinished }) => {
      const startWorker = starter(onTestFinished);
      const env = { ...service(), RELEASE: '7' };
      const workers = await Promise.all(
        ['20', '20', '30'].map((PAGE_SIZE) => startWorker({ ...env, PAGE_SIZE })),
      );
      const registry = new Registry();
      await workers[0]!.fleet.register(registry);
      expect(await registry.metrics()).not.toContain('config_drift_workers{');
      await known(workers[0]!.fleet, expect);
      const [id] = workers[0]!.ids;
      const text = await registry.metrics();
      expect(text).toContain('config_drift_workers{release="7"} 1');
      expect(text).toContain(`keys_workers{id="${id}",role="verifies"} 3`);
      expect(text).toContain(`keys_workers{id="${id}",role="signs"} 3`);
    });
  });
});

const CACHE_PASSWORD = canaryOf(0, 0);

/** A server that nobody else uses, whose password is a secret of the workers. */
async function startLockedRedis() {
  const server = await startOwnRedis('--requirepass', CACHE_PASSWORD);
  return server && { url: server.url.replace('//', `//:${CACHE_PASSWORD}@`), stop: () => server.stop() };
}

class MailConfig extends ConfigGroup {
  @Env(Joi.string())
  readonly sender!: string;

  @Secret(Joi.string())
  readonly password!: string;
}

/** Settings of every kind; some of them are secret. */
class EveryKindConfig extends ProductionConfig {
  @Env(Joi.string())
  readonly TEXT!: string;

  @Env(Joi.number())
  readonly NUMBER!: number;

  @Env(Joi.boolean())
  readonly SWITCH!: boolean;

  @Env(byteSize())
  readonly SIZE!: number;

  @Env(duration('s'))
  readonly TIME!: number;

  @Env(Joi.array<readonly string[]>().items(Joi.string()))
  readonly LIST!: readonly string[];

  @Env(Joi.object<Readonly<Record<string, string>>>().pattern(Joi.string(), Joi.string()))
  readonly TABLE!: Readonly<Record<string, string>>;

  @Secret(Joi.string())
  readonly SECRET_TEXT!: string;

  @Secret(Joi.number())
  readonly SECRET_NUMBER!: number;

  @Secret(Joi.array<readonly string[]>().items(Joi.string()))
  readonly SECRET_LIST!: readonly string[];

  @Secret(Joi.object<Readonly<Record<string, string>>>().pattern(Joi.string(), Joi.string()))
  readonly SECRET_TABLE!: Readonly<Record<string, string>>;

  @Group(MailConfig)
  readonly mail!: MailConfig;
}

/** A recognisable value for each setting of `EveryKindConfig`, and the canaries in them. */
function plantedEnv(seed: number) {
  const canaries: string[] = [];
  const planted = (canary: string) => {
    canaries.push(canary);
    return canary;
  };
  const text = () => planted(canaryOf(seed, canaries.length));
  const digits = () => planted(String(7e14 + seed * 1e13 + canaries.length * 123_456_789_011));
  const env = {
    TEXT: text(),
    NUMBER: digits(),
    SWITCH: 'true',
    SIZE: digits(),
    TIME: digits(),
    LIST: `${text()},${text()}`,
    TABLE: JSON.stringify({ [text()]: text() }),
    SECRET_TEXT: text(),
    SECRET_NUMBER: digits(),
    SECRET_LIST: `${text()},${text()}`,
    SECRET_TABLE: JSON.stringify({ [text()]: text() }),
    MAIL_SENDER: text(),
    MAIL_PASSWORD: text(),
    DATABASE_URL: `postgres://${text()}:${text()}@${text().toLowerCase()}.example/${text()}`,
  };
  return { env, canaries };
}

const READERS: Readonly<Record<string, (name: string) => string[]>> = {
  string: (name) => ['GET', name],
  hash: (name) => ['HGETALL', name],
  list: (name) => ['LRANGE', name, '0', '-1'],
  set: (name) => ['SMEMBERS', name],
  zset: (name) => ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
  stream: (name) => ['XRANGE', name, '-', '+'],
};

/** Each key of a server by its name, as JSON. */
async function dumpOf(redis: (...command: string[]) => Promise<unknown>): Promise<Map<string, string>> {
  const dump = new Map<string, string>();
  for (const name of (await redis('KEYS', '*')) as string[]) {
    const type = String(await redis('TYPE', name));
    dump.set(name, JSON.stringify(await redis(...READERS[type]!(name))));
  }
  return dump;
}

describeWithServer('the server of a fleet', startLockedRedis, (server) => {
  it('keeps neither a secret nor a value, nor what confirms a guess without SECRET_KEY', async ({
    expect,
    onTestFinished,
  }) => {
    const startWorker = starter(onTestFinished);
    const env = {
      CACHE_URL: server().url,
      CACHE_NAMESPACE: 'orders',
      RELEASE: 'planted',
      CACHE_MAX_ENTRIES: '48151',
      SECRET_KEY_FALLBACKS: B,
    };
    const planted = [1, 2].map(plantedEnv);
    const workers = await Promise.all(
      planted.map((each) => startWorker({ ...env, ...each.env }, { config: EveryKindConfig })),
    );
    // Then it has been noted on the server which drift was logged.
    await expect
      .poll(() => warningsOf('planted'))
      .toEqual([expect.stringMatching(/of DATABASE_URL .*, TIME \(1 \/ 1 workers\)/)]);

    const redis = await rawRedis(server().url);
    expect(String(await redis('INFO', 'keyspace')).match(/^db\d+/gm)).toEqual(['db0']);
    const dump = await dumpOf(redis);
    const outputs = new Map([...dump].map(([name, text]) => [name, `${name} ${text}`]));
    const canaries = [SECRET_KEY, B, CACHE_PASSWORD, ...planted.flatMap((each) => each.canaries)];
    expectNoCanary(outputs, canaries);
    const all = [...outputs.values()].join('\n');
    for (const name of ['TEXT', 'SECRET_TABLE', 'MAIL_PASSWORD', 'CACHE_MAX_ENTRIES'])
      expect(all).toContain(name);
    expect(all).not.toMatch(/48151|\btrue\b|\.example/);

    const states = [...dump.values()].filter((text) => text.includes('CACHE_MAX_ENTRIES'));
    expect(states).toHaveLength(2);
    const details = JSON.parse(JSON.parse(states[0]!) as string) as {
      settings: string[];
      prints: Record<string, string[]>;
    };
    const id = workers[0]!.ids[0]!;
    const print = details.prints[id]![details.settings.indexOf('CACHE_MAX_ENTRIES')]!;
    const guesses = Array.from({ length: 100_000 }, (_, guess) => `CACHE_MAX_ENTRIES=${guess}`);
    const matching = (sign: (guess: string) => string) =>
      guesses.filter((guess) => sign(guess).startsWith(print));
    for (const key of ['', id, 'fleet', env.CACHE_NAMESPACE]) {
      expect(matching((guess) => createHmac('sha256', key).update(guess).digest('base64url'))).toEqual([]);
    }
    // The same search finds the value for who has SECRET_KEY, so that it would find one without it.
    const ring = new KeyRing(BaseConfig.load({ SECRET_KEY }));
    expect(matching((guess) => signInternal(ring, 'fleet', guess))).toEqual(['CACHE_MAX_ENTRIES=48151']);
  });
});

describe('an application without a fleet', () => {
  const REDIS = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
  const FLEETLESS: Record<string, [Record<string, string>, ProductionConfigOptions]> = {
    'that has no CACHE_URL': [{}, {}],
    'on memcached': [{ ...REDIS, CACHE_URL: 'memcached://127.0.0.1:1' }, {}],
    'that turned it off': [REDIS, { fleet: false }],
    'that caches nothing': [{ ...REDIS, CACHE_ENABLED: 'false' }, {}],
  };

  it.for(Object.keys(FLEETLESS))(
    '%s, knows nothing and says nothing',
    async (which, { expect, onTestFinished }) => {
      logger.lines.length = 0;
      const { fleet } = await starter(onTestFinished)(...FLEETLESS[which]!);
      expect(await fleet.snapshot()).toEqual({ state: 'unknown' });
      const said = ['warn', 'error', 'log', 'debug'].flatMap((level) => logger.of(level));
      expect(said.filter((line) => /worker|fleet/i.test(line))).toEqual([]);
    },
  );

  it('that asked for one says why there is none', async ({ expect, onTestFinished }) => {
    await starter(onTestFinished)({}, { fleet: true });
    expect(logger.of('log').join('\n')).toContain(
      'Workers do not report their state: that needs a CACHE_URL on Redis or Valkey',
    );
  });

  it('refuses the purpose of its fingerprints to others', ({ expect }) => {
    const ring = new KeyRing(BaseConfig.load({ SECRET_KEY }));
    expect(() => ring.sign('fleet', 'PAGE_SIZE=20')).toThrow('reserved');
  });
});
