import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createHmac, randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BaseConfig,
  Fleet,
  type FleetSnapshot,
  KeyRing,
  ProductionConfigModule,
  type ProductionConfigOptions,
} from 'nestjs-production-config';
import { startRedis } from './support/cache-servers.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { RecordingLogger } from './support/recording-logger.js';
import { rawRedis } from './support/redis-client.js';

type Known = Extract<FleetSnapshot, { state: 'known' }>;

const [A, B, C] = [SECRET_KEY, ...OTHER_KEYS] as const;

/** A worker of the service; it ends with the test. */
async function startWorker(env: Record<string, string>, options: ProductionConfigOptions = {}) {
  const logger = new RecordingLogger();
  @Module({
    imports: [
      ProductionConfigModule.forRoot({ ...options, env: { NODE_ENV: 'production', SECRET_KEY, ...env } }),
    ],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger });
  onTestFinished(() => app.close());
  return { app, fleet: app.get(Fleet), ids: app.get(KeyRing).ids, logger };
}

const known = (fleet: Fleet) =>
  expect
    .poll(async () => (await fleet.snapshot()).state)
    .toBe('known')
    .then(async () => (await fleet.snapshot()) as Known);

const fleetLines = ({ logger }: { logger: RecordingLogger }) =>
  logger.of('warn').filter((line) => line.includes('Workers'));

describeWithServer('a fleet', startRedis, (server) => {
  const service = () => ({ CACHE_URL: server().url, CACHE_NAMESPACE: `fleet-${randomUUID()}` });

  describe.concurrent('of workers', () => {
    it('names the settings that differ and the workers that have each value, never a value', async () => {
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
      const snapshot = await known(workers[0].fleet);
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
  });
});
