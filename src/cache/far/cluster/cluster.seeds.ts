import { withTimeout } from '../../../common/timeout.js';
import { openSession } from '../redis/redis.inspection.js';
import { destroy } from '../redis/redis.handshake.js';
import type { RedisServer } from '../redis/redis.server.js';
import type { ClusterContext, Master } from './master.js';
import { type Topology, addressOfUrl, nodeServer, readTopology } from './topology.js';

/** The masters that are asked at a time: one that is cut off from the others may report an old topology. */
const MAX_ASKED = 3;
const ANSWER_MS = 250;
/** The nodes that are tried at a time if no master is connected. */
const MAX_TRIED = 4;
const CONNECT_MS = 2000;

/** Asks connected masters, or else other nodes of the cluster. @throws the error of one of them */
export async function askCluster(
  context: ClusterContext,
  seeds: readonly RedisServer[],
  masters: readonly Master[],
): Promise<Topology> {
  const usable = shuffle(masters.filter(({ isUsable }) => isUsable)).slice(0, MAX_ASKED);
  const answers = await Promise.allSettled(
    usable.map((master) => withTimeout(master.readTopology(), ANSWER_MS, late, { ref: false })),
  );
  const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  if (known.length > 0) return known.toSorted((one, other) => other.epoch - one.epoch)[0]!;
  const servers = [...seeds, ...masters.map(({ address }) => nodeServer(context.server, address))];
  const distinct = new Map(servers.map((server) => [server.url, { ...server, clusterNode: 'any' as const }]));
  return askAny(context, shuffle([...distinct.values()]).slice(0, MAX_TRIED));
}

/** Connects to nodes, and returns what the first one says. */
async function askAny(context: ClusterContext, nodes: readonly RedisServer[]): Promise<Topology> {
  // One signal each: Node.js warns if one signal has many listeners.
  const attempts = nodes.map((node) => ({ node, done: new AbortController() }));
  try {
    return await Promise.any(attempts.map(({ node, done }) => askNode(context, node, done.signal)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    for (const { done } of attempts) done.abort();
  }
}

async function askNode(
  { redis, config }: ClusterContext,
  node: RedisServer,
  signal: AbortSignal,
): Promise<Topology> {
  const connecting = openSession(redis, node, config.namespace, signal);
  const { client } = await withTimeout(connecting, CONNECT_MS, late, { ref: false }).catch(
    (error: unknown) => {
      connecting.then((session) => destroy(session.client)).catch(() => undefined);
      throw error;
    },
  );
  try {
    const sending = { send: <T>(command: readonly (string | Buffer)[]) => client.sendCommand<T>(command) };
    const asking = readTopology(sending, addressOfUrl(node.url).host);
    return await withTimeout(asking, CONNECT_MS, late, { ref: false });
  } finally {
    destroy(client);
  }
}

function late(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' });
}

function shuffle<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ item }) => item);
}
