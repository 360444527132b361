import { sharedEnv, startMemcached, startOwnRedis, startRedis } from './cache-servers.js';
import { startNode, type CacheNode } from './cache-node.js';
import { describeWithServer, type Stoppable } from './real-server.js';

/** Where a cache may keep its entries; without a URL, in the process alone. */
type StartStore = () => Promise<(Stoppable & { readonly url?: string }) | undefined>;

const MEMORY: StartStore = async () => ({ stop: async () => undefined });

export const SHARED_STORES = {
  Redis: startRedis,
  // It lets everybody read and write, and tells nobody of changes.
  'Redis without tracking': () =>
    startOwnRedis('--user', ...'default on nopass ~* &* +@all -client|tracking'.split(' ')),
  'Redis without HELLO': () => startOwnRedis('--rename-command', 'HELLO', ''),
  memcached: startMemcached,
} satisfies Record<string, StartStore>;

/** Every place that has to keep the same promises. */
export const STORES = { memory: MEMORY, ...SHARED_STORES };

/** A store that promises are checked on. */
export interface StoreUnderTest {
  readonly isShared: boolean;
  url(): string;
  /** Settings of an application whose namespace nobody else has. */
  env(): Record<string, string>;
  /** Two processes with one cache. In memory there can only be one. */
  startPair(more?: Record<string, string>): Promise<[CacheNode, CacheNode]>;
}

/** One suite, run on each of these stores. */
export function describeStores(
  name: string,
  stores: Readonly<Record<string, StartStore>>,
  suite: (store: StoreUnderTest) => void,
): void {
  for (const [place, start] of Object.entries(stores)) {
    describeWithServer(`${name} (${place})`, start, (server) => {
      const isShared = start !== MEMORY;
      const env = () => (isShared ? sharedEnv(server().url!) : {});
      const startPair = async (more?: Record<string, string>): Promise<[CacheNode, CacheNode]> => {
        const settings = { ...env(), ...more };
        const node = await startNode(settings);
        return [node, isShared ? await startNode(settings) : node];
      };
      suite({ isShared, env, startPair, url: () => server().url! });
    });
  }
}
