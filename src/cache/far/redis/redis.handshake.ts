import * as Redis from '@redis/client';
import { UnsupportedServerError } from '../unsupported-server.error.js';

export type RedisClient = ReturnType<typeof Redis.createClient>;

/** A connection that takes commands. */
export interface RedisSession {
  readonly client: RedisClient;
  /** Whether the server tells of changes. */
  readonly isTracked: boolean;
}

// Less than a handshake may take, so that a socket which is still connecting has given up before.
const CONNECT_MS = 1500;
/** A proxy that closes the connection at a command it does not know does so each time. */
const MAX_CLOSED = 2;
// These are about the moment, not about what the server knows.
const NOT_NOW = /^(?:LOADING|BUSY|MASTERDOWN|ERR max number of clients)/;
const IN_CLUSTER = /^(?:MOVED|ASK|CLUSTERDOWN) /;

/**
 * Makes a connection on which the server tells of changes (RESP3), or where a server, a proxy or the account refuses
 * that, a plain one (RESP2).
 */
export class RedisHandshake {
  private readonly selecting: string[][];
  private readonly url: string;
  private readonly urlWithoutUser: string;
  /** A server that does not know HELLO repeats its arguments in the error, and the password must not be among them. */
  private isHelloSafe: boolean;

  /** @param probe a name that may be read */
  constructor(
    private readonly redis: typeof Redis,
    url: string,
    private readonly probe: string,
    /** Told of each client before it connects. */
    private readonly prepare: (client: RedisClient) => void,
  ) {
    const parts = new URL(url);
    // After the first words: a server that has no databases would refuse them all.
    this.selecting = /^\/\d/.test(parts.pathname) ? [['SELECT', parts.pathname.slice(1)]] : [];
    parts.pathname = '';
    this.url = parts.href;
    this.isHelloSafe = parts.password === '';
    parts.username = parts.password = '';
    this.urlWithoutUser = parts.href;
  }

  /** @throws UnsupportedServerError, what the server answers, or why there is no connection */
  async run(signal: AbortSignal): Promise<RedisSession> {
    for (let closed = 0; closed < MAX_CLOSED; closed++) {
      try {
        const client = await this.connectTracked(signal);
        if (client !== undefined) return { client, isTracked: true };
        return { client: await this.connectUntracked(signal, true), isTracked: false };
      } catch (error) {
        if (!this.isClosing(error)) throw error;
      }
    }
    return { client: await this.connectUntracked(signal, false), isTracked: false };
  }

  /** Whether the other side closed a connection: a server that is not there yet refuses it. */
  private isClosing(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return (
      error instanceof this.redis.SocketClosedUnexpectedlyError || code === 'ECONNRESET' || code === 'EPIPE'
    );
  }

  /** A connection on which the server tells of changes; undefined where that is refused. */
  private async connectTracked(signal: AbortSignal): Promise<RedisClient | undefined> {
    this.isHelloSafe ||= await this.supportsHello(signal);
    if (!this.isHelloSafe) return undefined;
    let client: RedisClient | undefined;
    try {
      client = await this.connect({ url: this.url, RESP: 3, emitInvalidate: true }, signal);
      // The server need not tell this process of its own changes.
      const tracking = [['CLIENT', 'TRACKING', 'ON', 'NOLOOP'], ['EVAL', 'return 1', '0'], ...this.selecting];
      const ready = sendAll(client, tracking);
      ready.catch(() => undefined);
      requirePrimary(await client.sendCommand(['HELLO', '3']));
      await ready;
      return client;
    } catch (error) {
      if (client !== undefined) destroy(client);
      if (error instanceof this.redis.ErrorReply && !NOT_NOW.test(error.message)) return undefined;
      throw error;
    }
  }

  private async supportsHello(signal: AbortSignal): Promise<boolean> {
    const client = await this.connectPlain(signal);
    try {
      requirePrimary(await client.sendCommand(['HELLO', '2']));
      return true;
    } catch (error) {
      if (error instanceof this.redis.ErrorReply) return false;
      throw error;
    } finally {
      destroy(client);
    }
  }

  /** @param inspects what kind of server it is: a proxy may close the connection at commands it does not know */
  private async connectUntracked(signal: AbortSignal, inspects: boolean): Promise<RedisClient> {
    const client = await this.connectPlain(signal);
    const ready = sendAll(client, [['GET', this.probe], ...this.selecting]);
    ready.catch(() => undefined);
    try {
      if (inspects) await requirePrimaryAt(client);
      await ready;
      return client;
    } catch (error) {
      destroy(client);
      if (error instanceof Error && IN_CLUSTER.test(error.message))
        throw new UnsupportedServerError('cluster');
      throw error;
    }
  }

  private async connectPlain(signal: AbortSignal): Promise<RedisClient> {
    const options = { disableClientInfo: true };
    try {
      return await this.connect({ url: this.url, ...options }, signal);
    } catch (error) {
      // A server without a password refuses one.
      if (!/^ERR .*\bAUTH\b/.test((error as Error).message)) throw error;
      return this.connect({ url: this.urlWithoutUser, ...options }, signal);
    }
  }

  private async connect(options: object, signal: AbortSignal): Promise<RedisClient> {
    // A socket does not notice that it was given up before it was made.
    signal.throwIfAborted();
    const client = this.redis.createClient({
      ...options,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false, signal },
    }) as RedisClient;
    this.prepare(client);
    await client.connect();
    // A cache keeps no process alive.
    client.unref();
    return client;
  }
}

export function destroy(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}

/** In one go. @throws what the server answers */
async function sendAll(client: RedisClient, commands: string[][]): Promise<void> {
  await Promise.all(commands.map((command) => client.sendCommand(command)));
}

/** Servers that do not know HELLO know one of the others, or none. */
async function requirePrimaryAt(client: RedisClient): Promise<void> {
  const [hello, role, cluster] = await Promise.allSettled([
    client.sendCommand(['HELLO', '2']),
    client.sendCommand<unknown[]>(['ROLE']),
    client.sendCommand(['READWRITE']),
  ]);
  if (hello.status === 'fulfilled') return requirePrimary(hello.value);
  if (cluster.status === 'fulfilled') throw new UnsupportedServerError('cluster');
  if (role.status === 'fulfilled') requirePrimary(['role', role.value[0]]);
}

/**
 * @param hello what the server says of itself, as a list of names and values or as an object
 * @throws UnsupportedServerError
 */
export function requirePrimary(hello: unknown): void {
  const parts: unknown[] = Array.isArray(hello) ? hello : Object.entries(hello ?? {}).flat();
  const valueOf = (name: string) => parts[parts.indexOf(name) + 1];
  const [mode, role] = [valueOf('mode'), valueOf('role')];
  if (mode === 'cluster') throw new UnsupportedServerError('cluster');
  if (mode === 'sentinel' || role === 'sentinel') throw new UnsupportedServerError('sentinel');
  if (role === 'replica' || role === 'slave') throw new UnsupportedServerError('replica');
}
