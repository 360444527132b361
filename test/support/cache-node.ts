import { Cache } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  CacheMetrics,
  LoadingCache,
  ProductionConfig,
  ProductionConfigModule,
  type ProductionConfigOptions,
  type CacheSnapshot,
} from 'nestjs-production-config';
import { SECRET_KEY } from './keys.js';
import { RecordingLogger } from './recording-logger.js';
import { until } from './stalls.js';

export { until };

/** One application of a fleet, without HTTP. */
export interface CacheNode {
  readonly cache: Cache;
  readonly loading: LoadingCache;
  readonly metrics: CacheMetrics;
  readonly logger: RecordingLogger;
  shared(): NonNullable<CacheSnapshot['shared']>;
  close(): Promise<void>;
}

/** Starts a node with the cache of `env`, and waits until it is connected. It closes when the test ends. */
export async function startNode(
  env: Record<string, string>,
  isUp = 'CACHE_URL' in env,
  config = ProductionConfig,
  options: ProductionConfigOptions = {},
): Promise<CacheNode> {
  const logger = new RecordingLogger();
  const testing = await Test.createTestingModule({
    imports: [
      ProductionConfigModule.forRoot({
        ...options,
        config,
        env: { NODE_ENV: 'production', SECRET_KEY, ...env },
      }),
    ],
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

/**
 * Resolves when each node has received the invalidations of all earlier changes: calls are sent in order, and
 * a server sends invalidations before the replies to later calls.
 */
export async function settled(...nodes: readonly Pick<CacheNode, 'cache'>[]): Promise<void> {
  // Several rounds, because a reply can cause further calls.
  for (let round = 0; round < 3; round++) {
    await Promise.all(nodes.map(({ cache }) => cache.get(`nothing:${randomUUID()}`)));
  }
}
