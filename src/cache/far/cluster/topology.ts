import type { RedisCommands } from '../redis/redis.commands.js';
import type { RedisServer } from '../redis/redis.server.js';

const DEFAULT_PORT = 6379;

/** The address of a node, as the cluster announces it. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A master and its slots. */
interface MasterRanges extends NodeAddress {
  readonly id: string;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/** The masters of a cluster, as one of its nodes knows them. */
export interface Topology {
  /** A node that knows of later changes has a higher one. 0 if the node does not say. */
  readonly epoch: number;
  readonly masters: readonly MasterRanges[];
}

/** The first node of a range in the reply of CLUSTER SLOTS is the master. */
type SlotsReply = readonly (readonly [first: number, last: number, master: NodeReply])[];
type NodeReply = readonly [host: string | null, port: number, id: string, metadata?: unknown];

/**
 * Reads the topology from a node.
 *
 * @param asked the host by which the node was reached
 * @throws an error reply, or a connection error
 */
export async function readTopology(node: Pick<RedisCommands, 'send'>, asked: string): Promise<Topology> {
  const [slots, info] = await Promise.all([
    node.send<SlotsReply>(['CLUSTER', 'SLOTS']),
    // Needs a right of its own, and may be missing.
    node.send<string>(['CLUSTER', 'INFO']).catch(() => ''),
  ]);
  const masters = new Map<string, MasterRanges & { ranges: [number, number][] }>();
  for (const [first, last, [host, port, id, metadata]] of slots) {
    const found = masters.get(id);
    if (found !== undefined) found.ranges.push([first, last]);
    else masters.set(id, { id, port, host: hostOf(host, metadata, asked), ranges: [[first, last]] });
  }
  const epoch = Number(/^cluster_current_epoch:(\d+)/m.exec(info)?.[1] ?? 0);
  return { epoch, masters: [...masters.values()] };
}

/** A node that does not announce a host is reached by the host that was asked, or by its IP address in the metadata. */
export function hostOf(host: string | null, metadata: unknown, asked: string): string {
  if (host !== null && host !== '' && host !== '?') return host;
  const parts: unknown[] = Array.isArray(metadata) ? metadata : Object.entries(metadata ?? {}).flat();
  const ip = host === '?' ? parts[parts.indexOf('ip') + 1] : undefined;
  return typeof ip === 'string' && parts.includes('ip') ? ip : asked;
}

/** A text that identifies an address. */
export function addressText({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}

/** The host and port in a URL of one host. */
export function addressOfUrl(url: string): NodeAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || DEFAULT_PORT) };
}

/** A node of the cluster that `server` is a node of. A cluster has no databases. */
export function nodeServer(server: RedisServer, { host, port }: NodeAddress): RedisServer {
  const url = new URL(server.url);
  url.pathname = '';
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = String(port);
  return { ...server, url: url.href, clusterNode: 'master' };
}
