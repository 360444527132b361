import { Cache } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import {
  CacheMetrics,
  LoadingCache,
  ProductionConfigModule,
  type CacheSnapshot,
} from 'nestjs-production-config';
import { SECRET_KEY } from './keys.js';
import { RecordingLogger } from './recording-logger.js';

/** One application of a fleet, without HTTP. */
export interface CacheNode {
  readonly cache: Cache;
  readonly loading: LoadingCache;
  readonly metrics: CacheMetrics;
  readonly logger: RecordingLogger;
  shared(): NonNullable<CacheSnapshot['shared']>;
  close(): Promise<void>;
}

/** Starts one that shares its cache as `env` says, and waits until it is connected; closed when the test ends. */
export async function startNode(env: Record<string, string>, isUp = 'CACHE_URL' in env): Promise<CacheNode> {
  const logger = new RecordingLogger();
  const testing = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY, ...env } })],
  })
    .setLogger(logger)
    .compile();
  onTestFinished(() => testing.close());
  await testing.init();
  const metrics = testing.get(CacheMetrics);
  const shared = () => metrics.snapshot().shared!;
  if (isUp) await until(() => shared().isConnected);
  return {
    cache: testing.get<Cache>(Cache),
    loading: testing.get(LoadingCache),
    metrics,
    logger,
    shared,
    close: () => testing.close(),
  };
}

/** Waits for what is going to be. */
export async function until(isSo: () => unknown, ms = 5_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it did not come about in ${ms} ms`);
    await delay(5);
  }
}
