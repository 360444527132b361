import { startRedis } from './cache-servers.js';
import { describeWithServer, type Stoppable } from './real-server.js';
import { type ClusterClient, type RedisClient, clusterClient, redisClient } from './redis-client.js';
import { RedisCluster } from './redis-cluster.js';
import { SentinelGroup } from './redis-sentinel.js';

/** Redis in one of the ways that CACHE_URL can name. */
export interface RedisArrangement extends Stoppable {
  /** The CACHE_URL. */
  readonly url: string;
  /** The server that holds the entries, or one of them, for commands of the tests. */
  readonly serverUrl: string;
  /** A connection of the test. */
  client(): Promise<RedisClient | ClusterClient>;
}

type Start = () => Promise<RedisArrangement | undefined>;

/** The least that is shared like the whole: the specs of failures start more servers. */
export async function startBehindSentinel(): Promise<RedisArrangement | undefined> {
  const group = await SentinelGroup.start({ replicas: 1, sentinels: 1 });
  if (group === undefined) return undefined;
  const serverUrl = (await group.master()).url;
  return { url: group.url, serverUrl, client: () => redisClient(serverUrl), stop: () => group.stop() };
}

export async function startCluster(): Promise<RedisArrangement | undefined> {
  const cluster = await RedisCluster.start();
  if (cluster === undefined) return undefined;
  const { url } = cluster;
  return { url, serverUrl: url, client: () => clusterClient(url), stop: () => cluster.stop() };
}

const CLUSTER = 'a Redis Cluster';
const ARRANGEMENTS: Readonly<Record<string, Start>> = {
  Redis: async () => {
    const server = await startRedis();
    if (server === undefined) return undefined;
    const { url } = server;
    return { url, serverUrl: url, client: () => redisClient(url), stop: () => server.stop() };
  },
  'Redis behind Sentinels': startBehindSentinel,
  [CLUSTER]: startCluster,
};

/** Runs one suite on each arrangement. */
export function describeOnRedis(
  name: string,
  suite: (server: () => RedisArrangement, isCluster: boolean) => void,
): void {
  for (const [arrangement, start] of Object.entries(ARRANGEMENTS)) {
    describeWithServer(`${name} on ${arrangement}`, start, (server) =>
      suite(server, arrangement === CLUSTER),
    );
  }
}
