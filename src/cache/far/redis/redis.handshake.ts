import type * as Redis from '@redis/client';
import type { CacheCredentials } from '../../../config/index.js';
import { createRedisClient } from './redis.client.js';
import { urlWith } from './redis.credentials.js';
import {
  ClusterFoundError,
  type RedisClient,
  type RedisServer,
  requirePrimary,
  requirePrimaryAt,
} from './redis.server.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

/** A connection that is ready for commands. */
export interface RedisSession {
  readonly client: RedisClient;
  /** Whether the server sends invalidations. */
  readonly isTracked: boolean;
}

// Less than the handshake timeout, so that a socket that is still connecting gives up first.
const CONNECT_MS = 1500;
/** A proxy that closes the connection at an unknown command does so each time. */
const MAX_CLOSED = 2;
// Temporary errors, which say nothing about what the server supports.
const NOT_NOW = /^(?:LOADING|BUSY|MASTERDOWN|ERR max number of clients)/;
const IN_CLUSTER = /^(?:MOVED|ASK|CLUSTERDOWN) /;

/**
 * Makes a connection on which the server sends invalidations (RESP3), or a plain one (RESP2) if the server, a proxy or the
 * account refuses that.
 */
export class RedisHandshake {
  private readonly selecting: string[][];
  private readonly urlOfAccount: string;
  private readonly urlWithoutUser: string;
  /** A server without HELLO repeats the arguments in its error, so they must not contain the password. */
  private isHelloSupported = false;

  /** @param probe returns a key that may be read */
  constructor(
    private readonly redis: typeof Redis,
    private readonly server: RedisServer,
    private readonly probe: () => string,
    /** Called with each client before it connects. */
    private readonly prepare: (client: RedisClient) => void,
  ) {
    const parts = new URL(server.url);
    // Sent after the other commands: a server without databases would refuse them all.
    this.selecting = /^\/\d/.test(parts.pathname) ? [['SELECT', parts.pathname.slice(1)]] : [];
    parts.pathname = '';
    this.urlOfAccount = parts.href;
    parts.username = parts.password = '';
    this.urlWithoutUser = parts.href;
  }

  get url(): string {
    return this.server.url;
  }

  /**
   * @param credentials what to log in with. Default: the account in the URL
   * @throws UnsupportedServerError, ClusterFoundError, an error reply of the server, or a connection error
   */
  async run(signal: AbortSignal, credentials?: CacheCredentials): Promise<RedisSession> {
    const url = credentials === undefined ? this.urlOfAccount : urlWith(this.urlWithoutUser, credentials);
    for (let closed = 0; closed < MAX_CLOSED; closed++) {
      try {
        const client = await this.connectTracked(url, signal);
        if (client !== undefined) return { client, isTracked: true };
        return { client: await this.connectUntracked(url, signal, true), isTracked: false };
      } catch (error) {
        if (!this.isClosing(error)) throw error;
      }
    }
    return { client: await this.connectUntracked(url, signal, false), isTracked: false };
  }

  /** Whether the other side closed the connection. A server that is down refuses it instead. */
  private isClosing(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return (
      error instanceof this.redis.SocketClosedUnexpectedlyError || code === 'ECONNRESET' || code === 'EPIPE'
    );
  }

  /** Makes a connection with invalidations; undefined if that is refused. */
  private async connectTracked(url: string, signal: AbortSignal): Promise<RedisClient | undefined> {
    const isHelloSafe =
      new URL(url).password === '' || (this.isHelloSupported ||= await this.supportsHello(url, signal));
    if (!isHelloSafe) return undefined;
    let client: RedisClient | undefined;
    try {
      client = await this.connect({ url, RESP: 3, emitInvalidate: true }, signal);
      // NOLOOP: this process needs no invalidations for its own changes.
      const tracking = [['CLIENT', 'TRACKING', 'ON', 'NOLOOP'], ['EVAL', 'return 1', '0'], ...this.selecting];
      const ready = sendAll(client, tracking);
      ready.catch(() => undefined);
      this.requirePrimary(await client.sendCommand(['HELLO', '3']));
      await ready;
      return client;
    } catch (error) {
      if (client !== undefined) destroy(client);
      if (error instanceof this.redis.ErrorReply && !NOT_NOW.test(error.message)) return undefined;
      throw error;
    }
  }

  /** @throws UnsupportedServerError, ClusterFoundError, DemotedMasterError */
  private requirePrimary(hello: unknown): void {
    try {
      requirePrimary(hello, this.server.clusterNode);
    } catch (error) {
      const hasDatabase = this.selecting.some(([, database]) => Number(database) > 0);
      throw hasDatabase && error instanceof ClusterFoundError ? new UnsupportedServerError('cluster') : error;
    }
  }

  private async supportsHello(url: string, signal: AbortSignal): Promise<boolean> {
    const client = await this.connectPlain(url, signal);
    try {
      this.requirePrimary(await client.sendCommand(['HELLO', '2']));
      return true;
    } catch (error) {
      if (error instanceof this.redis.ErrorReply) return false;
      throw error;
    } finally {
      destroy(client);
    }
  }

  /** @param inspects whether to ask what kind of server it is: a proxy may close the connection at unknown commands */
  private async connectUntracked(url: string, signal: AbortSignal, inspects: boolean): Promise<RedisClient> {
    const client = await this.connectPlain(url, signal);
    // A node of a cluster refuses keys of others.
    const probing = this.server.clusterNode === 'any' ? [] : [['GET', this.probe()]];
    const ready = sendAll(client, [...probing, ...this.selecting]);
    ready.catch(() => undefined);
    try {
      if (inspects) await requirePrimaryAt(client, (hello) => this.requirePrimary(hello));
      await ready;
      return client;
    } catch (error) {
      destroy(client);
      if (error instanceof Error && IN_CLUSTER.test(error.message)) this.requirePrimary(['mode', 'cluster']);
      throw error;
    }
  }

  private async connectPlain(url: string, signal: AbortSignal): Promise<RedisClient> {
    const options = { disableClientInfo: true };
    try {
      return await this.connect({ url, ...options }, signal);
    } catch (error) {
      // A server without a password refuses AUTH.
      if (!/^ERR .*\bAUTH\b/.test((error as Error).message)) throw error;
      return this.connect({ url: this.urlWithoutUser, ...options }, signal);
    }
  }

  private async connect(options: object, signal: AbortSignal): Promise<RedisClient> {
    // A socket ignores a signal that was aborted before it was created.
    signal.throwIfAborted();
    const socket = { ...this.server.tls, connectTimeout: CONNECT_MS, signal };
    const client = createRedisClient(this.redis, options, socket);
    this.prepare(client);
    await client.connect();
    // The cache must not keep the process alive.
    client.unref();
    return client;
  }
}

export function destroy(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}

/** Sends all commands at once. @throws the error reply of the server */
async function sendAll(client: RedisClient, commands: string[][]): Promise<void> {
  await Promise.all(commands.map((command) => client.sendCommand(command)));
}
