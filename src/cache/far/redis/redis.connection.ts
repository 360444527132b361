import * as Redis from '@redis/client';
import { withTimeout } from '../../timeout.js';
import { type RedisClient, RedisHandshake, destroy } from './redis.handshake.js';
import { pause, retry } from '../retry.js';

/** What a connection tells. */
export interface RedisConnectionListener {
  /** @param isTracked whether the server tells of changes */
  connected(isTracked: boolean): void;
  failed(error: unknown): void;
  /** A change of what was read on this connection; null for all of it. */
  invalidated(name: Buffer | null): void;
}

type CommandOptions = Parameters<RedisClient['sendCommand']>[1];

const HANDSHAKE_MS = 2000;
const DEMOTED_PAUSE_MS = 100;
// A script of Redis 6 puts words of its own before the answer of a command.
const DEMOTED = /^(?:ERR .*)?(?:READONLY|MASTERDOWN) /;

/** One connection to Redis or Valkey that is made anew whenever it breaks. Nothing is queued while there is none. */
export class RedisConnection {
  private current: RedisClient | undefined;
  private closing = new AbortController();
  /** Ends the attempt to connect that is under way. */
  private abandon = (): void => undefined;
  private readonly handshake: RedisHandshake;

  /** @param probe a name that may be read */
  constructor(
    private readonly redis: typeof Redis,
    url: string,
    probe: string,
    private readonly listener: RedisConnectionListener,
  ) {
    this.handshake = new RedisHandshake(redis, url, probe, (client) => this.listenTo(client));
  }

  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** Connects in the background, and again until it succeeds. */
  open(): void {
    this.closing = new AbortController();
    void this.connect(this.closing.signal);
  }

  /**
   * What the server answers. A server that has become a replica is left: by the same address there may be another.
   *
   * @throws where there is no connection, or the server refuses
   */
  async send<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T> {
    const client = this.current;
    if (client === undefined) throw new this.redis.ClientOfflineError();
    try {
      return await client.sendCommand<T>(command, options);
    } catch (error) {
      if (error instanceof this.redis.ErrorReply && DEMOTED.test(error.message)) this.leaveReplica(client);
      throw error;
    }
  }

  /** Gives this connection up and makes another. */
  renew(): void {
    if (this.current !== undefined) this.reconnect(this.current);
  }

  close(): void {
    this.closing.abort();
    this.abandon();
    if (this.current !== undefined) destroy(this.current);
    this.current = undefined;
  }

  private connect(signal: AbortSignal): Promise<void> {
    return retry(
      () => this.attempt(signal),
      (error) => this.listener.failed(error),
      signal,
    );
  }

  private async attempt(closing: AbortSignal): Promise<void> {
    const attempt = new AbortController();
    // A socket that is still connecting hears nothing else.
    this.abandon = () => attempt.abort();
    try {
      const { client, isTracked } = await withTimeout(
        this.handshake.run(attempt.signal),
        HANDSHAKE_MS,
        () => new this.redis.ConnectionTimeoutError(),
      );
      if (closing.aborted) return destroy(client);
      this.current = client;
      this.listener.connected(isTracked);
    } catch (error) {
      attempt.abort();
      throw error;
    }
  }

  private listenTo(client: RedisClient): void {
    client.on('error', (error: unknown) => {
      if (this.current !== client) return;
      this.listener.failed(error);
      this.reconnect(client);
    });
    client.on('invalidate', (name: Buffer | null) => this.listener.invalidated(name));
  }

  private leaveReplica(client: RedisClient): void {
    if (this.current !== client) return;
    this.drop(client);
    // Where nothing says that it is a replica before it is written to, it is found again at once.
    const { signal } = this.closing;
    void pause(DEMOTED_PAUSE_MS, signal).then(() => this.connect(signal));
  }

  private reconnect(client: RedisClient): void {
    this.drop(client);
    void this.connect(this.closing.signal);
  }

  private drop(client: RedisClient): void {
    this.current = undefined;
    destroy(client);
  }
}
