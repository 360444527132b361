import { createKeyv } from '@keyv/redis';
import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheMetrics, ProductionConfigModule } from 'nestjs-production-config';
import { setTimeout as delay } from 'node:timers/promises';

const TTL_MS = 600_000;
const MAX_ENTRIES = 4096;

const modules: Readonly<Record<string, (url: string) => DynamicModule>> = {
  ours: (url) =>
    ProductionConfigModule.forRoot({
      // A machine that is busy for a moment must not look like a server that is down.
      env: { ...process.env, CACHE_URL: url, CACHE_TIMEOUT_MS: '5000' },
    }),
  stock: (url) => CacheModule.register({ stores: [createKeyv(url)], ttl: TTL_MS }),
  /** With the client's own in-process cache. */
  client: (url) => {
    const clientSideCache = { ttl: TTL_MS, maxEntries: MAX_ENTRIES, evictPolicy: 'LRU' } as const;
    return CacheModule.register({ stores: [createKeyv({ url, RESP: 3, clientSideCache })], ttl: TTL_MS });
  },
};

/** Starts an application with a cache shared on Redis, and waits until it is connected. */
export async function startSharing(side: string, url: string): Promise<INestApplicationContext> {
  const moduleFor = modules[side];
  if (moduleFor === undefined) throw new Error(`no app is named '${side}'`);
  const app = await NestFactory.createApplicationContext(moduleFor(url), { logger: false });
  // Stock connects on first use, and callers wait for it.
  if (side === 'ours') while (!app.get(CacheMetrics).snapshot().shared!.isConnected) await delay(5);
  return app;
}
