import { createClient } from '@redis/client';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnRedis } from './cache-servers.js';
import { OwnServer } from './own-server.js';
import type { Stoppable } from './real-server.js';
import { until } from './stalls.js';

const MASTER = 'main';
/** `createClient()` for each command would block the process for longer than the tests allow a call. */
const template = createClient({ socket: { reconnectStrategy: false, connectTimeout: 1000 } });

interface Options {
  readonly replicas?: number;
  readonly sentinels?: number;
  /** The password of the data servers. */
  readonly password?: string;
  /** The password of the Sentinels. */
  readonly sentinelPassword?: string;
  /** The host of the master, as the Sentinels know it. */
  readonly host?: string;
  /** Lines for the configuration of each Sentinel. */
  readonly sentinel?: readonly string[];
}

/** A master, its replicas, and the Sentinels that replace it. */
export class SentinelGroup implements Stoppable {
  private constructor(
    readonly servers: readonly OwnServer[],
    readonly sentinels: readonly OwnServer[],
    private readonly folder: string,
    private readonly options: Options,
  ) {}

  /** Undefined if Redis is not installed. Without other numbers, 2 replicas and 3 Sentinels. */
  static async start(options: Options = {}): Promise<SentinelGroup | undefined> {
    const { replicas = 2, sentinels = 3, host = '127.0.0.1', sentinel = [] } = options;
    const { password, sentinelPassword } = options;
    const secret = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const folder = mkdtempSync(join(tmpdir(), 'redis-sentinels-'));
    const master = await startOwnRedis('--dir', folder, ...REPLICATION, ...secret);
    if (master === undefined) return undefined;
    const follow = ['--replicaof', `127.0.0.1 ${master.port}`];
    const others = await startAll(replicas, (n) =>
      startOwnRedis('--dir', folder, '--dbfilename', `${n}.rdb`, ...REPLICATION, ...follow, ...secret),
    );
    const quorum = Math.floor(sentinels / 2) + 1;
    const watching = await startAll(sentinels, (n) =>
      OwnServer.start('redis-server', 'redis', (port) => {
        const file = join(folder, `sentinel-${n}.conf`);
        const lines = [
          `port ${port}`,
          'bind 127.0.0.1',
          `dir ${folder}`,
          ...sentinel,
          `sentinel monitor ${MASTER} ${host} ${master.port} ${quorum}`,
          `sentinel down-after-milliseconds ${MASTER} 1000`,
          `sentinel failover-timeout ${MASTER} 2000`,
          ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${password}`]),
          ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
        ];
        writeFileSync(file, `${lines.join('\n')}\n`);
        return [file, '--sentinel'];
      }),
    );
    const group = new SentinelGroup([master, ...others], watching, folder, options);
    await group.waitUntilComplete();
    return group;
  }

  /** The CACHE_URL. */
  get url(): string {
    return this.urlWith();
  }

  urlWith({ account = '', master = MASTER, parameters = '' } = {}): string {
    const hosts = this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `redis+sentinel://${account}${hosts}/${master}${parameters}`;
  }

  /** The server that the first running Sentinel calls the master. */
  async master(): Promise<OwnServer> {
    const asked = this.sentinels.find(({ isRunning }) => isRunning)!;
    const port = await this.portOfMaster(asked);
    return this.servers.find((server) => server.port === port)!;
  }

  /** Whether all Sentinels name this master, and it is one. */
  async agreesOn(server: OwnServer): Promise<boolean> {
    if (!this.sentinels.every(({ isRunning }) => isRunning)) return false;
    const ports = await Promise.all(this.sentinels.map((one) => this.portOfMaster(one)));
    if (!ports.every((port) => port === server.port)) return false;
    const [role] = (await this.ask(server, 'ROLE')) as string[];
    return role === 'master';
  }

  /** Waits until all Sentinels agree on another master than this one. */
  async waitForReplacement(old: OwnServer): Promise<OwnServer> {
    let master = old;
    await until(async () => {
      master = await this.master().catch(() => old);
      return master !== old && (await this.agreesOn(master).catch(() => false));
    }, 40_000);
    return master;
  }

  /** Waits until every server replicates the master, and every Sentinel knows it and the others. */
  async waitUntilComplete(): Promise<void> {
    await until(() => this.isComplete().catch(() => false), 40_000);
  }

  /** Asks for a failover; false if the Sentinels refuse one now. */
  async failOver(): Promise<boolean> {
    return (await this.ask(this.sentinels[0]!, 'SENTINEL', 'FAILOVER', MASTER).catch(() => '')) === 'OK';
  }

  private async isComplete(): Promise<boolean> {
    const master = await this.master();
    const others = this.servers.filter((server) => server !== master);
    const links = await Promise.all(others.map((server) => this.ask(server, 'INFO', 'replication')));
    const states = await Promise.all(this.sentinels.map((one) => this.stateOf(one)));
    return (
      (await this.agreesOn(master)) &&
      links.every((link) => String(link).includes('master_link_status:up')) &&
      states.every(
        (state) =>
          state['flags'] === 'master' &&
          Number(state['num-slaves']) === others.length &&
          Number(state['num-other-sentinels']) === this.sentinels.length - 1,
      )
    );
  }

  /** Sends a command, and returns the reply. */
  async ask({ url, port }: OwnServer, ...command: string[]): Promise<unknown> {
    const isSentinel = this.sentinels.some((sentinel) => sentinel.port === port);
    const password = isSentinel ? this.options.sentinelPassword : this.options.password;
    const client = template.duplicate({ url, ...(password && { password }) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  }

  private async portOfMaster(sentinel: OwnServer): Promise<number> {
    const address = await this.ask(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER);
    return Number((address as string[])[1]);
  }

  private async stateOf(sentinel: OwnServer): Promise<Record<string, string>> {
    const parts = (await this.ask(sentinel, 'SENTINEL', 'MASTER', MASTER)) as string[];
    return Object.fromEntries(parts.flatMap((part, n) => (n % 2 === 0 ? [[part, parts[n + 1] ?? '']] : [])));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers, ...this.sentinels].map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const REPLICATION = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];

function startAll(count: number, start: (n: number) => Promise<OwnServer | undefined>): Promise<OwnServer[]> {
  return Promise.all(Array.from({ length: count }, async (_, n) => (await start(n))!));
}
