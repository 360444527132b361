import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { LoadingCache } from 'nestjs-production-config';
import { setTimeout as delay } from 'node:timers/promises';
import { productOf, type Product } from './support/products.js';
import { startSharing } from './support/shared-cache.app.js';

// A query that ends only after all processes have requested its result.
const LOAD_MS = 200;

const [, , side = '', url = ''] = process.argv;
const app = await startSharing(side, url);
const cache = app.get<Cache>(CACHE_MANAGER, { strict: false });
const loading = side === 'ours' ? app.get(LoadingCache) : undefined;
let loads = 0;

function load(): Promise<Product> {
  loads++;
  return delay(LOAD_MS, productOf(1));
}

/** Requests an uncached key and reports how often it was loaded here. */
async function ask(key: string): Promise<void> {
  loads = 0;
  const { id } = await (loading?.get(key, load, { lock: true }) ?? cache.wrap(key, load));
  if (id !== 1) throw new Error('another row was read');
  process.send?.(loads);
}

// Stock connects on first use.
await cache.get('fleet:none');
process.on('message', (key: string) => void ask(key));
process.on('disconnect', () => process.exit());
process.send?.('ready');
