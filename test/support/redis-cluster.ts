import { createClient } from '@redis/client';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, OwnServer } from './own-server.js';
import type { Stoppable } from './real-server.js';
import { until } from './stalls.js';

const MAX_STARTS = 3;
const SLOTS = 16_384;
const MAX_WAIT_MS = 60_000;
/** A node that takes longer is frozen. */
const ANSWER_MS = 2000;

const runFile = promisify(execFile);
/** `createClient()` for each command would block the process for longer than the tests allow a call. */
const template = createClient({
  // The kernel connects to a frozen server, too: only a busy machine takes long.
  socket: { reconnectStrategy: false, connectTimeout: MAX_WAIT_MS, socketTimeout: ANSWER_MS },
});

interface ClusterOptions {
  readonly password?: string;
  /** After which silence the others replace a master, in milliseconds. Default: 2000. */
  readonly nodeTimeoutMs?: number;
}

/** The state of a node. */
interface NodeState {
  readonly id: string;
  readonly server: OwnServer;
  readonly isMaster: boolean;
  readonly isFailed: boolean;
  /** The id of its master. */
  readonly masterId: string;
  readonly slots: number;
}

/** Masters with a replica each, which can be failed over, killed and resharded. Only their topology is on disk. */
export class RedisCluster implements Stoppable {
  private constructor(
    readonly servers: readonly OwnServer[],
    private readonly folder: string,
    private readonly password: string | undefined,
  ) {}

  /** Starts three masters and three replicas; undefined if Redis is not installed. */
  static async start(options: ClusterOptions = {}): Promise<RedisCluster | undefined> {
    for (let attempt = 1; ; attempt++) {
      const cluster = await RedisCluster.startServers(options);
      if (cluster === undefined) return undefined;
      try {
        const addresses = cluster.servers.map(({ port }) => `127.0.0.1:${port}`);
        await cluster.cli('--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes');
        await cluster.waitUntilHealthy();
        return cluster;
      } catch (error) {
        await cluster.stop();
        // Another process may have taken a port between its choice and its use.
        if (attempt === MAX_STARTS) throw error;
      }
    }
  }

  private static async startServers({
    password,
    nodeTimeoutMs = 2000,
  }: ClusterOptions): Promise<RedisCluster | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
    const account = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const options = ['--cluster-node-timeout', String(nodeTimeoutMs), ...account];
    const servers: OwnServer[] = [];
    while (servers.length < 6) {
      const server = await startClusterNode(folder, options);
      if (server === undefined) return undefined;
      servers.push(server);
    }
    return new RedisCluster(servers, folder, password);
  }

  /** The URL of one node. */
  get url(): string {
    return this.servers[0]!.url;
  }

  /** A URL with all nodes. */
  get urlOfAll(): string {
    return `redis://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** Sends a command to a node. */
  async tell({ url }: OwnServer, ...command: string[]): Promise<string> {
    return String(await this.send(url, command));
  }

  /** The masters with slots, in the order of their servers. */
  async masters(): Promise<OwnServer[]> {
    return (await this.nodes())
      .filter(({ isMaster, isFailed, slots }) => isMaster && !isFailed && slots > 0)
      .map(({ server }) => server)
      .toSorted((one, other) => this.servers.indexOf(one) - this.servers.indexOf(other));
  }

  async replicaOf(master: OwnServer): Promise<OwnServer> {
    const nodes = await this.nodes();
    const { id } = nodes.find(({ server }) => server === master)!;
    return nodes.find(({ masterId, isFailed }) => masterId === id && !isFailed)!.server;
  }

  async idOf(server: OwnServer): Promise<string> {
    return (await this.tell(server, 'CLUSTER', 'MYID')).trim();
  }

  /** The master of a key. */
  async masterOf(name: string): Promise<OwnServer> {
    const { url } = this.servers.find(({ isRunning }) => isRunning)!;
    const slot = (await this.send(url, ['CLUSTER', 'KEYSLOT', name])) as number;
    type Range = [first: number, last: number, master: [host: string, port: number]];
    const ranges = (await this.send(url, ['CLUSTER', 'SLOTS'])) as Range[];
    const [, , [, port]] = ranges.find(([first, last]) => first <= slot && slot <= last)!;
    return this.servers.find((server) => server.port === port)!;
  }

  /** Waits until every slot has a master, every master has a replica, and all nodes agree. */
  async waitUntilHealthy(): Promise<void> {
    await until(async () => {
      const nodes = await this.nodes();
      const masters = nodes.filter(({ isMaster, slots }) => isMaster && slots > 0);
      const replicas = nodes.filter(({ isMaster }) => !isMaster);
      const [states, links, views] = await Promise.all([
        Promise.all(this.servers.map((server) => this.tell(server, 'CLUSTER', 'INFO'))),
        Promise.all(replicas.map(({ server }) => this.tell(server, 'INFO', 'replication'))),
        Promise.all(this.servers.map((server) => this.nodes(server))),
      ]);
      const seen = views.map((view) =>
        view
          .map(({ id, isMaster, isFailed, slots }) => `${id} ${isMaster} ${isFailed} ${slots}`)
          .toSorted()
          .join('; '),
      );
      return (
        masters.every(({ id }) => replicas.some(({ masterId }) => masterId === id)) &&
        nodes.every(({ isFailed }) => !isFailed) &&
        new Set(seen).size === 1 &&
        states.every((state) => state.includes('cluster_state:ok')) &&
        links.every((link) => link.includes('master_link_status:up'))
      );
    }, MAX_WAIT_MS);
  }

  /** Waits until a replica has taken the place of each master that failed. */
  async waitUntilCovered(): Promise<void> {
    await until(async () => {
      const masters = (await this.nodes()).filter(({ isMaster, isFailed }) => isMaster && !isFailed);
      return masters.reduce((sum, { slots }) => sum + slots, 0) === SLOTS;
    }, MAX_WAIT_MS);
  }

  /** Makes the replica of a master the master, without losing data, and returns it. */
  async failOver(master: OwnServer): Promise<OwnServer> {
    const replica = await this.replicaOf(master);
    await this.tell(replica, 'CLUSTER', 'FAILOVER');
    await until(async () => (await this.masters()).includes(replica), MAX_WAIT_MS);
    return replica;
  }

  /** Moves slots with their keys from one master to another. */
  async reshard(from: OwnServer, to: OwnServer, slots: number): Promise<void> {
    const [source, target] = await Promise.all([from, to].map((server) => this.idOf(server)));
    const what = ['--cluster-from', source!, '--cluster-to', target!, '--cluster-slots', String(slots)];
    await this.cli('--cluster', 'reshard', `127.0.0.1:${to.port}`, ...what, '--cluster-yes');
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The nodes, as a node sees them, by default the first one that answers. */
  private async nodes(viewer?: OwnServer): Promise<NodeState[]> {
    const text = await (viewer === undefined
      ? this.ask('CLUSTER', 'NODES')
      : this.tell(viewer, 'CLUSTER', 'NODES'));
    return text
      .trim()
      .split('\n')
      .map((line) => {
        const [id = '', address = '', flags = '', masterId = '', , , , link, ...ranges] = line.split(' ');
        const port = Number(/:(\d+)@/.exec(address)?.[1]);
        return {
          id,
          masterId,
          server: this.servers.find((server) => server.port === port)!,
          isMaster: flags.includes('master'),
          isFailed:
            /fail|noaddr|handshake/.test(flags) || (link !== 'connected' && !flags.includes('myself')),
          slots: ranges.reduce((sum, range) => {
            const [first = 0, last = first] = range.split('-').map(Number);
            // Slots in brackets are being moved.
            return range.startsWith('[') ? sum : sum + last - first + 1;
          }, 0),
        };
      });
  }

  private async ask(...command: string[]): Promise<string> {
    for (const server of this.servers.filter(({ isRunning }) => isRunning)) {
      try {
        return await this.tell(server, ...command);
      } catch {
        // Frozen, or just starting.
      }
    }
    throw new Error('no node of the cluster answers');
  }

  /** Without a process, whose start would stall this one. */
  private async send(url: string, command: readonly string[]): Promise<unknown> {
    const client = template.duplicate({
      url,
      ...(this.password !== undefined && { password: this.password }),
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.sendCommand(command);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }

  private async cli(...args: string[]): Promise<void> {
    const account = this.password === undefined ? [] : ['-a', this.password, '--no-auth-warning'];
    await runFile('redis-cli', [...account, ...args], { timeout: MAX_WAIT_MS });
  }
}

/** An empty node that is in no cluster yet. */
async function startClusterNode(folder: string, options: readonly string[]): Promise<OwnServer | undefined> {
  const bus = await freePort();
  return OwnServer.start('redis-server', 'redis', (port) =>
    (
      `--port ${port} --bind 127.0.0.1 --dir ${folder} --save  --appendonly no ` +
      `--cluster-enabled yes --cluster-port ${bus} --cluster-config-file ${port}.conf ` +
      '--cluster-require-full-coverage no ' +
      '--cluster-replica-validity-factor 0 --repl-diskless-load swapdb --repl-diskless-sync-delay 0'
    )
      .split(' ')
      .concat(options),
  );
}
