import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { RESP_TYPES, createClient } from '@redis/client';
import { CacheMetrics } from 'nestjs-production-config';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serveOperations, timed } from './support/operations.js';
import { productOf, type Product } from './support/products.js';
import { startSharing } from './support/shared-cache.app.js';

type Ask = (step: number) => Promise<Product | undefined>;

// As many rows as fit into the process, and many more: reading all in turn hardly ever hits the local cache.
const HELD = 4096;
const ROWS = 40_000;
/** Concurrent calls, like those of concurrent requests to a service: the client sends them together. */
const CROWD = 16;

const [, , side = '', url = ''] = process.argv;

const sockets = new Set<Socket>();
subscribe('net.client.socket', (message) => sockets.add((message as { socket: Socket }).socket));

const app = side === 'commands' ? undefined : await startSharing(side, url);
const cache = app?.get<Cache>(CACHE_MANAGER, { strict: false }) ?? (await commandsAlone());

const products = Array.from({ length: ROWS }, (_, number) => productOf(number));
const keys = products.map(({ id }) => `fleet:${id}`);

/** The next row to read, starting with those that were not read before. */
let turn = HELD;

/** Rows that were already read from Redis. */
const hit = (step: number) => cache.get<Product>(keys[(step * 1597) % HELD]!);
/** Rows outside the local cache: each is read again only after all others. */
const read = () => cache.get<Product>(keys[turn++ % ROWS]!);
const set = (step: number) => cache.set(keys[step % ROWS]!, products[step % ROWS]!);

/** Cuts all connections, and waits until a row is read over a new one. */
const reconnect = async (): Promise<Product | undefined> => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  let found = await read();
  while (found === undefined || sockets.size === 0) {
    await delay(50);
    found = await read();
  }
  return found;
};

for (let row = 0; row < ROWS; row++) await set(row);
for (let row = 0; row < HELD; row++) await hit(row);

serveOperations({
  hit: (repeat) => oneByOne(repeat, hit),
  hitInCrowd: (repeat) => inCrowds(repeat, hit),
  read: (repeat) => fromRedis(repeat, oneByOne),
  readInCrowd: (repeat) => fromRedis(repeat, inCrowds),
  set: (repeat) => oneByOne(repeat, set),
  setInCrowd: (repeat) => inCrowds(repeat, set),
  reconnect: (repeat) => oneByOne(repeat, reconnect),
});

/** The commands that a coherent cache sends, and nothing else: reading the key after a write makes Redis track it. */
async function commandsAlone(): Promise<Pick<Cache, 'get' | 'set'>> {
  const client = createClient({ url, RESP: 3, disableOfflineQueue: true });
  await client.connect();
  await client.sendCommand(['CLIENT', 'TRACKING', 'ON', 'NOLOOP']);
  const asBuffer = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
  const entry = Buffer.from(JSON.stringify(productOf(ROWS)));
  return {
    get: async <T>(key: string) =>
      (await client.sendCommand(['GET', key], asBuffer)) === null ? undefined : (products[0] as T),
    set: async <T>(key: string, value: T) => {
      await Promise.all([
        client.sendCommand(['SET', key, entry, 'PX', '600000']),
        client.sendCommand(['GETRANGE', key, '0', '11'], asBuffer),
      ]);
      return value;
    },
  };
}

function oneByOne(repeat: number, ask: Ask): Promise<number> {
  return timed(async () => {
    let sum = 0;
    for (let step = 0; step < repeat; step++) sum += priceOf(await ask(step));
    return sum;
  });
}

/** Requests are sent in whole crowds, so the time is scaled down to `repeat` requests. */
async function inCrowds(repeat: number, ask: Ask): Promise<number> {
  const asked = Math.ceil(repeat / CROWD) * CROWD;
  const crowd: ReturnType<Ask>[] = [];
  const elapsed = await timed(async () => {
    let sum = 0;
    for (let step = 0; step < asked;) {
      for (let member = 0; member < CROWD; member++) crowd[member] = ask(step++);
      for (const member of crowd) sum += priceOf(await member);
    }
    return sum;
  });
  return (elapsed * repeat) / asked;
}

async function fromRedis(repeat: number, inOrder: typeof oneByOne): Promise<number> {
  if (side !== 'ours') return inOrder(repeat, read);
  const before = sharedHits();
  let [elapsed, fetched] = [0, 0];
  while (fetched < repeat) {
    elapsed += await inOrder(repeat, read);
    fetched = sharedHits() - before;
  }
  // The few rows that the process still held took no time.
  return (elapsed * repeat) / fetched;
}

function sharedHits(): number {
  return side === 'ours' ? app!.get(CacheMetrics).snapshot().shared!.hits : 0;
}

function priceOf(product: Product | undefined): number {
  if (product === undefined) throw new Error('a row that was set was not found');
  return product.price;
}
