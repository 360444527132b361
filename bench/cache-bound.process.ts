import { CacheModule, CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheMetrics, ProductionConfig, ProductionConfigModule } from 'nestjs-production-config';
import { productOf, productsFrom } from './support/products.js';

/** What remains of all entries that were set. */
export interface Kept {
  readonly entries: number;
  readonly heapGrowth: number;
  /** The bound in bytes; stock has none. */
  readonly maxBytes?: number;
}

@Module({ imports: [ProductionConfigModule.forRoot()] })
class OursModule {}

/** As commonly written: `max` has no effect, and `ttl` is in milliseconds. */
@Module({ imports: [CacheModule.register({ ttl: 600, max: 4096 })] })
class StockModule {}

const [, , side, keys, rows] = process.argv;
const module: Type = side === 'ours' ? OursModule : StockModule;
const app = await NestFactory.createApplicationContext(module, { logger: false });
const cache = app.get<Cache>(CACHE_MANAGER, { strict: false });

const before = heapAfterGc();
for (let key = 0; key < Number(keys); key++) {
  await cache.set(`product:${key}`, rows === '1' ? productOf(key) : productsFrom(key, Number(rows)));
}
const heapGrowth = heapAfterGc() - before;

const kept: Kept =
  side === 'ours'
    ? {
        entries: app.get(CacheMetrics).snapshot().entries,
        heapGrowth,
        maxBytes: app.get(ProductionConfig).getCacheConfig().maxBytes,
      }
    : // The Map inside the store: the iterator of the store would drop expired entries that still use memory.
      { entries: (cache.stores[0]!.store as Map<string, unknown>).size, heapGrowth };
process.stdout.write(JSON.stringify(kept));
process.exit();

function heapAfterGc(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
