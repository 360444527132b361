import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { importApp } from './support/apps.js';
import { serveOperations, timed } from './support/operations.js';
import { productDetailsOf, productOf, productsFrom, type Product } from './support/products.js';

const KEYS = 4096;
const LISTS = 64;

const app = await (await importApp(process.argv[2])).createApp();
const cache = app.get<Cache>(CACHE_MANAGER);

/** Reading through the cache: with LoadingCache, or with the `wrap` of the stock cache. */
const readThrough = await readerOf(process.argv[2] === 'ours');

const numbers = Array.from({ length: KEYS }, (_, number) => number);
const products = numbers.map(productOf);
const details = numbers.map(productDetailsOf);
const lists = numbers.slice(0, LISTS).map((number) => productsFrom(number * 100, 100));
const keys = numbers.map((number) => `product:${number}`);
const absentKeys = numbers.map((number) => `absent:${number}`);
const listKeys = numbers.slice(0, LISTS).map((number) => `products:page:${number}`);

/** Visits all keys in an order that is not the one they were set in. */
const visit = (step: number) => (step * 1597) % KEYS;

await setAll(KEYS, keys, products);

serveOperations({
  set: (repeat) => setAll(repeat, keys, products),
  setNested: (repeat) => setAll(repeat, keys, details),
  setList: (repeat) => setAll(repeat, listKeys, lists),
  getHit: (repeat) =>
    timed(async () => {
      let sum = 0;
      for (let step = 0; step < repeat; step++) sum += (await cache.get<Product>(keys[visit(step)]!))!.price;
      return sum;
    }),
  getMiss: (repeat) =>
    timed(async () => {
      let misses = 0;
      for (let step = 0; step < repeat; step++) {
        if ((await cache.get(absentKeys[visit(step)]!)) === undefined) misses++;
      }
      if (misses !== repeat) throw new Error('a key that was never set was found');
      return misses;
    }),
  wrapHit: (repeat) =>
    timed(async () => {
      let sum = 0;
      for (let step = 0; step < repeat; step++) {
        sum += (await cache.wrap<Product>(keys[visit(step)]!, neverLoaded)).price;
      }
      return sum;
    }),
  loadingHit: (repeat) =>
    timed(async () => {
      let sum = 0;
      for (let step = 0; step < repeat; step++) sum += (await readThrough(keys[visit(step)]!)).price;
      return sum;
    }),
});

function setAll(repeat: number, names: readonly string[], values: readonly object[]): Promise<number> {
  return timed(async () => {
    for (let step = 0; step < repeat; step++) {
      const index = visit(step) % names.length;
      await cache.set(names[index]!, values[index]!);
    }
    return repeat;
  });
}

async function readerOf(isOurs: boolean): Promise<(key: string) => Promise<Product>> {
  if (!isOurs) return (key) => cache.wrap<Product>(key, neverLoaded);
  const { LoadingCache } = await import('nestjs-production-config');
  const loading = app.get(LoadingCache);
  return (key) => loading.get<Product>(key, neverLoaded);
}

function neverLoaded(): Product {
  throw new Error('a key that was set was not found');
}
