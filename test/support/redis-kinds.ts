import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './cache-node.js';
import { startOwnRedis } from './cache-servers.js';
import { freePort, OwnServer } from './own-server.js';
import type { Stoppable } from './real-server.js';

/** A group of servers; the URL is that of one of them. */
export interface RedisServers extends Stoppable {
  readonly url: string;
  readonly all: readonly OwnServer[];
}

/** A cluster with the given number of primary nodes, which share all slots. */
export async function startCluster(size: number): Promise<RedisServers | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
  const nodes: OwnServer[] = [];
  for (let n = 0; n < size; n++) {
    const bus = await freePort();
    const node = await OwnServer.start('redis-server', 'redis', (port) =>
      `--port ${port} --bind 127.0.0.1 --dir ${folder} --cluster-enabled yes --cluster-port ${bus} --cluster-config-file ${port}.conf`
        .split(' ')
        .concat('--save', ''),
    );
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  if (size === 1) tell(nodes[0]!, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  else execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'pipe' });
  return together(nodes, nodes[0]!, folder);
}

/** A Sentinel and the server that it monitors. */
export async function startSentinel(): Promise<RedisServers | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-'));
  const primary = await startOwnRedis('--dir', folder);
  if (primary === undefined) return undefined;
  const sentinel = await OwnServer.start('redis-server', 'redis', (port) => {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${primary.port} 1\n`);
    return [file, '--sentinel'];
  });
  return together([primary, sentinel!], sentinel!, folder);
}

/** A primary and a server that can replicate it. A replica writes a file. */
export async function startPair(...options: string[]): Promise<RedisServers | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-pair-'));
  const servers: OwnServer[] = [];
  for (const name of ['first', 'second']) {
    const server = await startOwnRedis('--dir', folder, '--dbfilename', `${name}.rdb`, ...options);
    if (server === undefined) return undefined;
    servers.push(server);
  }
  return together(servers, servers[0]!, folder);
}

/** A replica and its primary; the URL is that of the replica. */
export async function startReplica(): Promise<RedisServers | undefined> {
  const pair = await startPair();
  if (pair === undefined) return undefined;
  const [primary, replica] = pair.all as [OwnServer, OwnServer];
  await follow(replica, primary);
  return { ...pair, url: replica.url };
}

/** Makes a server replicate another, and waits until replication runs. */
export async function follow(follower: OwnServer, { port }: OwnServer): Promise<void> {
  tell(follower, 'REPLICAOF', '127.0.0.1', String(port));
  await until(() => tell(follower, 'INFO', 'replication').includes('master_link_status:up'), 20_000);
}

/** Sends a command to a server and returns the reply. */
export function tell({ port }: OwnServer, ...command: string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' });
}

function together(all: readonly OwnServer[], { url }: OwnServer, folder: string): RedisServers {
  return {
    url,
    all,
    stop: async () => {
      await Promise.all(all.map((server) => server.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
