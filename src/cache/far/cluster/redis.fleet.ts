import type * as Redis from '@redis/client';
import type { FleetReading, FleetStore, WorkerReport } from '../../../common/fleet-store.js';
import { withTimeout } from '../../../common/timeout.js';
import type { CacheConfig } from '../../../config/index.js';
import { destroy } from '../redis/redis.handshake.js';
import { openSession } from '../redis/redis.inspection.js';
import { FLEET_TTL_MS, LEAVE, READ, REPORT } from '../redis/fleet.scripts.js';
import type { RedisClient, RedisServer, RedisTarget } from '../redis/redis.server.js';
import { SharedKeys } from '../shared-keys.js';
import { addressOfUrl, hostOf, nodeServer } from './topology.js';

const CONNECT_MS = 8000;
const ANSWER_MS = 2000;
/** A slot that has just moved may lead to several masters. */
const MAX_MOVES = 3;
const NOTICE_MS = 24 * 3600 * 1000;
const DRAIN_MS = 7 * 24 * 3600 * 1000;
/** The instances that are named for each state. */
const NAMED = 3;

const MOVED = /^(?:ERR .*)?MOVED \d+ (.*):(\d+)$/;
// An account that has expired has to log in again.
const ELSEWHERE = /^(?:ERR .*)?(?:MOVED|READONLY|MASTERDOWN|CLUSTERDOWN|NOAUTH) /;

type StatesReply = readonly (readonly [workers: number, instances: string[], details: string | null])[];

/**
 * The reports of workers on Redis: one server, a cluster, or behind Sentinels. It connects when it is used; a call that
 * fails drops the connection, and the next call makes another one.
 */
export class RedisFleet implements FleetStore {
  // These hold the password: private names are not printed with the object.
  readonly #servers: readonly RedisTarget[];
  readonly #redis: typeof Redis;
  readonly #keys: SharedKeys;
  readonly #namespace: string;
  /** The master that has the keys, once a node of a cluster has named it. */
  #master: RedisServer | undefined;
  #client: RedisClient | undefined;
  #connecting: Promise<RedisClient> | undefined;
  #isClosed = false;
  #url = '';
  #attempts = 0;
  #abandon = (): void => undefined;

  /** @param servers a server, or several nodes of a cluster */
  constructor(
    redis: typeof Redis,
    { namespace }: Pick<CacheConfig, 'namespace'>,
    servers: readonly RedisTarget[],
  ) {
    this.#redis = redis;
    this.#servers = servers;
    this.#namespace = namespace;
    this.#keys = new SharedKeys(namespace);
  }

  async report({ state, instance, details, left }: WorkerReport): Promise<boolean> {
    const workers = left === undefined ? [] : [this.#nameOf(`workers:${left}`)];
    const keys = [
      ...['states', 'since', 'watcher', `workers:${state}`, `details:${state}`].map((name) =>
        this.#nameOf(name),
      ),
      ...workers,
    ];
    const reporting = ['EVAL', REPORT, String(keys.length), ...keys, state, instance, String(FLEET_TTL_MS)];
    let answer = await this.#send<number>(reporting);
    if (answer === 0) {
      await this.#send(['SET', this.#nameOf(`details:${state}`), details, 'PX', String(4 * FLEET_TTL_MS)]);
      answer = await this.#send<number>(reporting);
    }
    return answer === 2;
  }

  async leave(
    { state, instance }: Pick<WorkerReport, 'state' | 'instance'>,
    drain: string | undefined,
  ): Promise<void> {
    const keys = [this.#nameOf(`workers:${state}`), this.#nameOf('watcher')];
    await this.#send(['EVAL', LEAVE, '2', ...keys, instance]);
    if (drain !== undefined) {
      await this.#send(['SET', this.#nameOf('drain'), drain, 'PX', String(DRAIN_MS)]);
    }
  }

  async read(limit: number): Promise<FleetReading> {
    const names = ['states', 'since', 'drain', 'workers:', 'details:'].map((name) => this.#nameOf(name));
    const [ageMs, states, found, drain] = await this.#send<[number, number, StatesReply, string | null]>([
      'EVAL',
      READ,
      '3',
      ...names,
      String(limit),
      String(NAMED),
    ]);
    const read = found.flatMap(([workers, instances, details]) =>
      workers === 0 || details === null ? [] : [{ workers, instances, details }],
    );
    const empty = found.filter(([workers]) => workers === 0).length;
    return { ageMs, states: states - empty, read, drain };
  }

  async exchangeNotice(notice: string): Promise<string | null> {
    const name = this.#nameOf('notice');
    const previous = await this.#send<string | null>(['GETSET', name, notice]);
    await this.#send(['PEXPIRE', name, String(NOTICE_MS)]);
    return previous;
  }

  close(): void {
    this.#isClosed = true;
    this.#abandon();
    this.#drop(this.#client);
  }

  /** A name in the one slot of this fleet. */
  #nameOf(name: string): string {
    return this.#keys.auxiliaryName(`{fleet:${this.#namespace}}${name}`);
  }

  async #send<T>(command: readonly string[], moves = 0): Promise<T> {
    let client: RedisClient | undefined;
    try {
      client = await this.#connected();
      return await withTimeout(client.sendCommand<T>(command), ANSWER_MS, late, { ref: false });
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      // Another refusal would be repeated on any connection.
      if (error instanceof this.#redis.ErrorReply && !ELSEWHERE.test(message)) throw error;
      this.#drop(client);
      const [, host, port] = MOVED.exec(message) ?? [];
      const [server] = this.#servers;
      if (host === undefined || moves === MAX_MOVES || 'sentinels' in server!) throw error;
      const { host: asked } = addressOfUrl(this.#url);
      this.#master = nodeServer(server!, { host: hostOf(host, undefined, asked), port: Number(port) });
      return this.#send(command, moves + 1);
    }
  }

  async #connected(): Promise<RedisClient> {
    if (this.#client?.isReady === true) return this.#client;
    this.#drop(this.#client);
    const connecting = (this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined)));
    return (this.#client = await connecting);
  }

  async #connect(): Promise<RedisClient> {
    const server = this.#master ?? this.#servers[this.#attempts++ % this.#servers.length]!;
    this.#master = undefined;
    const giveUp = new AbortController();
    if (this.#isClosed) giveUp.abort();
    this.#abandon = () => giveUp.abort();
    const opening = openSession(this.#redis, server, this.#namespace, giveUp.signal, unref);
    try {
      const { client, isTracked, url } = await withTimeout(opening, CONNECT_MS, late, { ref: false });
      this.#url = url;
      // Invalidations are for the cache's own connection.
      if (isTracked) client.sendCommand(['CLIENT', 'TRACKING', 'OFF']).catch(() => undefined);
      return client;
    } catch (error) {
      giveUp.abort();
      opening.then(({ client }) => destroy(client)).catch(() => undefined);
      throw error;
    }
  }

  #drop(client: RedisClient | undefined): void {
    if (this.#client === client) this.#client = undefined;
    if (client !== undefined) destroy(client);
  }
}

/** Before it connects: a server that accepts a connection and does not answer must not keep a process alive. */
function unref(client: RedisClient): void {
  client.unref();
}

function late(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' });
}
