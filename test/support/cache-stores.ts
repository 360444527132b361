import { sharedEnv, startMemcached, startOwnRedis, startRedis } from './cache-servers.js';
import { startNode, type CacheNode } from './cache-node.js';
import { startAsCluster, startBehindSentinel } from './redis-arrangements.js';
import { describeWithServer, type Stoppable } from './real-server.js';

/** Starts a store for the entries of a cache; without a URL, the store is only in the process. */
type StartStore = () => Promise<
  (Stoppable & { readonly url?: string; readonly serverUrl?: string }) | undefined
>;

const MEMORY: StartStore = async () => ({ stop: async () => undefined });

export const SHARED_STORES = {
  Redis: startRedis,
  // This user can read and write, but cannot enable tracking.
  'Redis without tracking': () =>
    startOwnRedis('--user', ...'default on nopass ~* &* +@all -client|tracking'.split(' ')),
  'Redis without HELLO': () => startOwnRedis('--rename-command', 'HELLO', ''),
  memcached: startMemcached,
} satisfies Record<string, StartStore>;

/** All stores, which must behave the same. */
export const STORES = { memory: MEMORY, ...SHARED_STORES };

/** Stores that are started slowly, and behave like one of the others as long as nothing fails: for long specs. */
export const REPLICATED_STORES = {
  'Redis behind Sentinels': startBehindSentinel,
  'Redis Cluster': startAsCluster,
} satisfies Record<string, StartStore>;

/** The store in a suite. */
export interface StoreUnderTest {
  readonly isShared: boolean;
  url(): string;
  /** The server that holds the entries. */
  serverUrl(): string;
  /** Settings of an application with a unique namespace. */
  env(): Record<string, string>;
  /** Two processes with one cache. In memory, there is only one process. */
  startPair(more?: Record<string, string>): Promise<[CacheNode, CacheNode]>;
}

/** Runs one suite on each of these stores. */
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
      const url = () => server().url!;
      suite({ isShared, env, startPair, url, serverUrl: () => server().serverUrl ?? url() });
    });
  }
}
