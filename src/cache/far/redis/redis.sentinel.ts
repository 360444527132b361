import type * as Redis from '@redis/client';
import { withTimeout } from '../../../common/timeout.js';
import { createRedisClient } from './redis.client.js';
import type { RedisClient, SentinelServer } from './redis.server.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

/** What a Sentinel knows of the master. */
export interface MasterAddress {
  readonly url: string;
  /** The config epoch, which grows with each failover: the answer with the highest one is the newest. */
  readonly epoch: number;
}

const ANSWER_MS = 1000;
/** Published as soon as a Sentinel knows another master. */
const CHANNELS = ['+promoted-slave', '+switch-master'];
const REFUSED = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR .*\bAUTH\b)/;
const UNKNOWN_COMMAND = /^ERR unknown command/i;

/** A Sentinel. The first question connects to it, and the connection is kept until it breaks. */
export class RedisSentinel {
  /** The last answer; undefined if there was none, or no connection since. */
  latest: MasterAddress | undefined;
  private connection: { readonly abort: AbortController; readonly client: Promise<RedisClient> } | undefined;

  constructor(
    private readonly redis: typeof Redis,
    private readonly url: string,
    private readonly server: SentinelServer,
    /** Called when it announces another master. */
    private readonly onAnnounced: (sentinel: RedisSentinel) => void,
  ) {}

  /**
   * Asks for the address of the master.
   *
   * @throws UnsupportedServerError, or a connection error
   */
  async ask(): Promise<MasterAddress> {
    const connection = (this.connection ??= this.connect());
    try {
      const late = () => new this.redis.ConnectionTimeoutError();
      this.latest = await withTimeout(this.askOn(connection.client), ANSWER_MS, late, { ref: false });
      return this.latest;
    } catch (error) {
      this.drop(connection);
      throw this.errorOf(error);
    }
  }

  close(): void {
    if (this.connection !== undefined) this.drop(this.connection);
  }

  private connect() {
    const abort = new AbortController();
    const connection = { abort, client: this.open(abort.signal, () => this.drop(connection)) };
    connection.client.catch(() => undefined);
    return connection;
  }

  private drop(connection: NonNullable<typeof this.connection>): void {
    connection.abort.abort();
    if (this.connection !== connection) return;
    this.connection = undefined;
    this.latest = undefined;
  }

  private async open(signal: AbortSignal, onEnd: () => void): Promise<RedisClient> {
    const open = async (options: object) => {
      const socket = { ...this.server.tls, connectTimeout: ANSWER_MS, signal };
      const clientOptions = { ...options, url: this.url, disableClientInfo: true };
      const client = createRedisClient(this.redis, clientOptions, socket);
      // Until it is connected, errors reject `connect`.
      client.on('error', () => undefined);
      await client.connect();
      client.on('error', onEnd);
      // The cache must not keep the process alive.
      client.unref();
      return client;
    };
    let client: RedisClient;
    try {
      client = await open({ RESP: 3 });
    } catch (error) {
      // Before Redis 6 there is no RESP3, and a connection with subscriptions takes no questions.
      if (error instanceof this.redis.ErrorReply && UNKNOWN_COMMAND.test(error.message)) return open({});
      throw error;
    }
    await client.subscribe(CHANNELS, () => this.onAnnounced(this)).catch(() => undefined);
    return client;
  }

  private async askOn(connecting: Promise<RedisClient>): Promise<MasterAddress> {
    const client = await connecting;
    const { master, urlAt } = this.server.sentinels;
    const [address, state] = await Promise.all([
      client.sendCommand<unknown>(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master]),
      client.sendCommand<unknown>(['SENTINEL', 'MASTER', master]).catch(() => undefined),
    ]);
    if (address === null) throw new UnsupportedServerError('unknown-master');
    const [host, port] = Array.isArray(address) ? address.map(String) : [];
    if (!host || !/^\d{1,5}$/.test(port ?? '')) throw new UnsupportedServerError('no-sentinel');
    return { url: urlAt(host, port!), epoch: epochIn(state) };
  }

  private errorOf(error: unknown): unknown {
    if (!(error instanceof this.redis.ErrorReply)) return error;
    if (UNKNOWN_COMMAND.test(error.message)) return new UnsupportedServerError('no-sentinel');
    return REFUSED.test(error.message) ? new UnsupportedServerError('sentinel-account') : error;
  }
}

/** @param state the reply of SENTINEL MASTER, as a list of names and values or as an object */
function epochIn(state: unknown): number {
  const parts: unknown[] = Array.isArray(state) ? state : Object.entries(state ?? {}).flat();
  return Number(parts[parts.indexOf('config-epoch') + 1]) || 0;
}
