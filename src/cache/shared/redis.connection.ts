import type * as Redis from '@redis/client';
import { setTimeout as delay } from 'node:timers/promises';
import { inTime } from '../in-time.js';

export type RedisClient = ReturnType<typeof Redis.createClient>;

/** What a connection tells. */
export interface RedisConnectionListener {
  /** @param isTracked whether the server tells of changes */
  connected(isTracked: boolean): void;
  failed(error: unknown): void;
  /** A change of what was read on this connection; null for all of it. */
  invalidated(name: Buffer | null): void;
}

const HANDSHAKE_MS = 2000;
// Less, so that a socket which is still connecting has given up when its client is.
const CONNECT_MS = 1500;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 1000;
// An old server, a proxy or an account that may not: all refuse with one of these.
const UNSUPPORTED = /^(?:ERR (?!max number of clients)|NOPROTO|NOPERM)/;

/** One connection to Redis or Valkey that is made anew whenever it breaks. Nothing is queued while there is none. */
export class RedisConnection {
  private current: RedisClient | undefined;
  private isClosed = false;

  constructor(
    private readonly redis: typeof Redis,
    private readonly url: string,
    private readonly listener: RedisConnectionListener,
  ) {}

  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** @throws where there is no connection */
  get client(): RedisClient {
    if (this.current === undefined) throw new this.redis.ClientOfflineError();
    return this.current;
  }

  /** Connects in the background, and again until it succeeds. */
  async open(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; !this.isClosed; wait = Math.min(2 * wait, MAX_RETRY_MS)) {
      try {
        return await this.connect();
      } catch (error) {
        this.listener.failed(error);
      }
      await delay(wait * (0.5 + Math.random() / 2), undefined, { ref: false });
    }
  }

  /** Gives this connection up and makes another. */
  renew(): void {
    if (this.current !== undefined) this.lose(this.current);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const client = this.current;
    this.current = undefined;
    if (client !== undefined) destroy(client);
  }

  private async connect(): Promise<void> {
    let isTracked = true;
    let client: RedisClient;
    try {
      client = await this.handshake(true);
    } catch (error) {
      if (!(error instanceof Error && UNSUPPORTED.test(error.message))) throw error;
      isTracked = false;
      client = await this.handshake(false);
    }
    if (this.isClosed) return destroy(client);
    this.current = client;
    this.listener.connected(isTracked);
  }

  private async handshake(isTracked: boolean): Promise<RedisClient> {
    const client = this.redis.createClient({
      url: this.url,
      // Any version that is named is asked for by a HELLO, which an old server does not know.
      ...(isTracked ? { RESP: 3, emitInvalidate: true } : {}),
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
    }) as RedisClient;
    client.on('error', (error: unknown) => this.broken(client, error));
    client.on('invalidate', (name: Buffer | null) => this.listener.invalidated(name));
    try {
      await inTime(connected(client, isTracked), HANDSHAKE_MS, () => new this.redis.ConnectionTimeoutError());
    } catch (error) {
      destroy(client);
      throw error;
    }
    return client;
  }

  private broken(client: RedisClient, error: unknown): void {
    if (this.current !== client) return;
    this.listener.failed(error);
    this.lose(client);
  }

  private lose(client: RedisClient): void {
    this.current = undefined;
    destroy(client);
    void this.open();
  }
}

async function connected(client: RedisClient, isTracked: boolean): Promise<void> {
  await client.connect();
  // A cache keeps no process alive.
  client.unref();
  if (!isTracked) return;
  // The server need not tell this process of its own changes.
  await client.sendCommand(['CLIENT', 'TRACKING', 'ON', 'NOLOOP']);
  await client.sendCommand(['EVAL', 'return 1', '0']);
}

function destroy(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}
