import { startRedis } from './cache-servers.js';
import { describeWithServer, type Stoppable } from './real-server.js';
import { RedisCluster } from './redis-cluster.js';
import { SentinelGroup } from './redis-sentinel.js';

/** Redis as one server, behind Sentinels, or as a cluster. */
export interface RedisArrangement extends Stoppable {
  /** The CACHE_URL. */
  readonly url: string;
  /** The server that holds the entries, for commands of the tests; a node of a cluster. */
  readonly serverUrl: string;
  readonly isCluster?: boolean;
}

/** The fewest servers that behave like many: the specs of failures start more. */
export async function startBehindSentinel(): Promise<RedisArrangement | undefined> {
  const group = await SentinelGroup.start({ replicas: 1, sentinels: 1 });
  return group && { url: group.url, serverUrl: (await group.master()).url, stop: () => group.stop() };
}

export async function startAsCluster(): Promise<RedisArrangement | undefined> {
  // No master fails, however long a busy machine stops it.
  const cluster = await RedisCluster.start({ nodeTimeoutMs: 120_000 });
  return cluster && { url: cluster.url, serverUrl: cluster.url, isCluster: true, stop: () => cluster.stop() };
}

const ARRANGEMENTS: Readonly<Record<string, () => Promise<RedisArrangement | undefined>>> = {
  Redis: async () => {
    const server = await startRedis();
    return server && { url: server.url, serverUrl: server.url, stop: () => server.stop() };
  },
  'Redis behind Sentinels': startBehindSentinel,
  'a Redis Cluster': startAsCluster,
};

/** Runs one suite on each arrangement. */
export function describeOnRedis(name: string, suite: (server: () => RedisArrangement) => void): void {
  for (const [arrangement, start] of Object.entries(ARRANGEMENTS)) {
    describeWithServer(`${name} on ${arrangement}`, start, suite);
  }
}
