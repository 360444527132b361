import type * as Redis from '@redis/client';
import { withTimeout } from '../../../common/timeout.js';
import { askCredentials, keepLoggedIn } from './redis.credentials.js';
import type { CommandOptions, RedisCommands } from './redis.commands.js';
import { RedisHandshake, destroy } from './redis.handshake.js';
import { locationOf } from './redis.location.js';
import type { RedisClient, RedisLocation, RedisServer, RedisTarget } from './redis.server.js';
import { Retry } from '../retry.js';

/** The events of a connection. */
export interface RedisConnectionListener {
  /** @param isTracked whether the server sends invalidations */
  connected(isTracked: boolean): void;
  failed(error: unknown): void;
  /** A key that was read on this connection has changed; null for all keys. */
  invalidated(name: Buffer | null): void;
}

const HANDSHAKE_MS = 2000;
// Redis 6 prefixes the error of a command in a script.
const DEMOTED = /^(?:ERR .*)?(?:READONLY|MASTERDOWN) /;

/** A connection to Redis or Valkey that reconnects whenever it breaks. Commands are not queued while disconnected. */
export class RedisConnection implements RedisCommands {
  private current: RedisClient | undefined;
  private closing = new AbortController();
  private retry = new Retry();
  /** Aborts the current connection attempt. */
  private abandon = (): void => undefined;
  private readonly location: RedisLocation;
  private handshake: RedisHandshake | undefined;

  /** @param probe returns a key that may be read */
  constructor(
    private readonly redis: typeof Redis,
    private readonly server: RedisTarget,
    private readonly probe: () => string,
    private readonly listener: RedisConnectionListener,
  ) {
    this.location = locationOf(redis, server);
  }

  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** Connects in the background, and retries until it succeeds. */
  open(): void {
    this.start();
    this.location.watch(() => {
      this.stop();
      this.start();
    });
  }

  /**
   * Sends a command and returns the reply. Disconnects from a server that has become a replica: the address may lead to
   * another server by now.
   *
   * @throws if there is no connection, or the server refuses
   */
  async send<T>(
    command: readonly (string | Buffer)[],
    options?: CommandOptions,
    isAsking = false,
  ): Promise<T> {
    const client = this.current;
    if (client === undefined) throw new this.redis.ClientOfflineError();
    try {
      // Allows the next command a key that a cluster is moving to this server.
      if (isAsking) client.sendCommand(['ASKING']).catch(() => undefined);
      return await client.sendCommand<T>(command, options);
    } catch (error) {
      if (error instanceof this.redis.ErrorReply && DEMOTED.test(error.message) && this.current === client) {
        this.reconnect(client);
      }
      throw error;
    }
  }

  /** A single server moves no keys. */
  follow<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T> {
    return this.send(command, options);
  }

  /** Replaces the connection. */
  renew(): void {
    if (this.current !== undefined) this.reconnect(this.current);
  }

  close(): void {
    this.location.close();
    this.stop();
  }

  private start(): void {
    this.closing = new AbortController();
    this.retry = new Retry();
    void this.connect(this.closing.signal);
  }

  private stop(): void {
    this.closing.abort();
    this.abandon();
    if (this.current !== undefined) destroy(this.current);
    this.current = undefined;
  }

  private connect(signal: AbortSignal): Promise<void> {
    return this.retry.run(
      () => this.attempt(signal),
      (error) => this.listener.failed(error),
      signal,
    );
  }

  private async attempt(closing: AbortSignal): Promise<void> {
    const attempt = new AbortController();
    // The only way to stop a socket that is still connecting.
    this.abandon = () => attempt.abort();
    try {
      const credentials = await askCredentials(this.server);
      attempt.signal.throwIfAborted();
      const { client, isTracked } = await this.location.reach((server) =>
        withTimeout(
          this.handshakeWith(server).run(attempt.signal, credentials),
          HANDSHAKE_MS,
          () => new this.redis.ConnectionTimeoutError(),
        ),
      );
      if (closing.aborted) return destroy(client);
      this.current = client;
      if (credentials !== undefined) {
        void keepLoggedIn(client, this.server, credentials, (error) => this.listener.failed(error));
      }
      this.listener.connected(isTracked);
    } catch (error) {
      attempt.abort();
      throw error;
    }
  }

  /** What a handshake has found out holds for one server. */
  private handshakeWith(server: RedisServer): RedisHandshake {
    if (this.handshake?.url !== server.url) {
      this.handshake = new RedisHandshake(this.redis, server, this.probe, (client) => this.listenTo(client));
    }
    return this.handshake;
  }

  private listenTo(client: RedisClient): void {
    client.on('error', (error: unknown) => {
      if (this.current !== client) return;
      this.listener.failed(error);
      this.reconnect(client);
    });
    client.on('invalidate', (name: Buffer | null) => this.listener.invalidated(name));
  }

  private reconnect(client: RedisClient): void {
    this.current = undefined;
    destroy(client);
    void this.connect(this.closing.signal);
  }
}
