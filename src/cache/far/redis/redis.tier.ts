import type * as Redis from '@redis/client';
import { Logger } from '@nestjs/common';
import type { CacheConfig } from '../../../config/index.js';
import { RedisClearing } from './redis.clearing.js';
import type { RedisCommands } from './redis.commands.js';
import { RedisConnection, type RedisConnectionListener } from './redis.connection.js';
import { RedisEntries, TOMBSTONE_MS } from './redis.entries.js';
import type { RedisGroup } from './redis.group.js';
import { RedisLocks } from './redis.locks.js';
import { RedisNames } from './redis.names.js';
import {
  ClusterFoundError,
  DemotedMasterError,
  type RedisServer,
  type RedisTarget,
  requirePrimary,
} from './redis.server.js';
import { PURGE } from './redis.scripts.js';
import { RecentChanges } from '../recent-changes.js';
import { OWN_TOMBSTONE, markOf, tombstone } from '../shared-entry.js';
import { type SharedTier, type SharedTierListener, UNTRACKED_MAX_AGE_MS } from '../shared.tier.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

/** Entries on Redis or Valkey. The server sends each process invalidations for changes by others. */
export class RedisTier implements SharedTier, RedisConnectionListener {
  readonly maxEntryBytes = Infinity;

  private readonly names: RedisNames;
  // These hold the password: private names are not printed with the object.
  readonly #connection: RedisConnection;
  readonly #commands: RedisCommands;
  private readonly entries: RedisEntries;
  private readonly locks: RedisLocks;
  private readonly clearing: RedisClearing;
  private listener!: SharedTierListener;
  private readonly clusterNode: RedisServer['clusterNode'];
  /** Sentinels and clusters replace a primary with a replica that may lack the last changes. */
  private readonly changes: RecentChanges | undefined;
  private isTracked = true;
  private readonly warned: { isUntracked: boolean };

  constructor(
    private readonly redis: typeof Redis,
    { namespace }: CacheConfig,
    server: RedisTarget,
    private readonly group: RedisGroup = {},
  ) {
    this.warned = group.warned ?? { isUntracked: false };
    this.names = group.names ?? new RedisNames(namespace);
    this.#connection = new RedisConnection(redis, server, () => this.names.cleared, this);
    this.#commands = group.commandsOn?.(this.#connection) ?? this.#connection;
    this.clusterNode = 'sentinels' in server ? undefined : server.clusterNode;
    this.changes = 'sentinels' in server || this.clusterNode ? new RecentChanges() : undefined;
    this.entries = new RedisEntries(redis, this.#commands);
    this.locks = new RedisLocks(this.#commands);
    this.clearing = new RedisClearing(this.names, this.#commands);
  }

  get isReady(): boolean {
    return this.#connection.isReady;
  }

  /** The keys of changes that a replica may lack if it takes the place of this server; 'all' if it may lack any. */
  get uncertainKeys(): readonly string[] | 'all' {
    return this.changes?.keys ?? [];
  }

  get maxAge(): number {
    return this.isTracked ? Infinity : UNTRACKED_MAX_AGE_MS;
  }

  open(listener: SharedTierListener): void {
    this.listener = listener;
    if (this.group.mayBeSingle === false) this.failed(new ClusterFoundError());
    else this.#connection.open();
  }

  get(key: string): Promise<Buffer | null> {
    return this.entries.read(this.names.nameOf(key));
  }

  async set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean> {
    const name = this.names.nameOf(key);
    this.changes?.add([key]);
    if (!this.isTracked) {
      await this.entries.write(name, entry, ttl);
      return true;
    }
    if (mark === undefined) return this.entries.writeTracked(name, entry, ttl);
    const staged = this.names.stagedName(name, markOf(entry).toString('hex'));
    return this.entries.replace(name, staged, entry, ttl, mark);
  }

  async delete(keys: readonly string[]): Promise<boolean> {
    const names = keys.map((key) => this.names.nameOf(key));
    this.changes?.add(keys);
    if (!this.isTracked) return (await this.clearing.remove('DEL', names)) > 0;
    return (await Promise.all(names.map((name) => this.entries.writeTombstone(name)))).some(Boolean);
  }

  async purge(keys: readonly string[]): Promise<readonly string[]> {
    const names = keys.map((key) => this.names.nameOf(key));
    this.changes?.add(keys);
    if (!this.isTracked) {
      await this.clearing.remove('DEL', names);
      return [];
    }
    const batches = this.names.canShareCommand ? [names] : names.map((name) => [name]);
    const were = (await Promise.all(batches.map((batch) => this.purgeAtOnce(batch)))).flat();
    return keys.filter((_key, place) => were[place] === 1);
  }

  clear(cursor?: string): Promise<string | undefined> {
    this.changes?.addAll();
    return this.clearing.step(cursor, this.isTracked);
  }

  lock(key: string, owner: string, ms: number): Promise<boolean> {
    return this.locks.take(this.names.lockName(key), owner, ms);
  }

  extend(key: string, owner: string, ms: number): Promise<void> {
    return this.locks.extend(this.names.lockName(key), owner, ms);
  }

  unlock(key: string, owner: string): Promise<void> {
    return this.locks.release(this.names.lockName(key), owner);
  }

  async ping(): Promise<void> {
    if (!this.isTracked) return void (await this.#commands.send(['PING']));
    try {
      requirePrimary(await this.#commands.send(['HELLO', '3']), this.clusterNode);
    } catch (error) {
      if (error instanceof UnsupportedServerError || error instanceof DemotedMasterError) this.renew();
      throw error;
    }
  }

  isRefusal(error: unknown): boolean {
    return error instanceof this.redis.ErrorReply;
  }

  /** Subscribes to clears again, because their key has another name. */
  trackClears(): void {
    if (this.isTracked && this.isReady) this.clearing.trackClears();
  }

  renew(): void {
    this.#connection.renew();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  connected(isTracked: boolean): void {
    this.isTracked = isTracked;
    if (isTracked) this.clearing.trackClears();
    else this.warnTrackingUnavailable();
    this.listener.ready(this.changes?.keys);
    this.group.connected?.();
  }

  failed(error: unknown): void {
    if (this.group.expects?.(error) !== true) this.listener.failed(error);
  }

  invalidated(name: Buffer | null): void {
    const text = name?.toString();
    const key = text === undefined ? undefined : this.names.keyOf(text);
    if (key !== undefined) return this.listener.invalidated(key);
    if (text !== undefined && text !== this.names.cleared) return;
    this.clearing.trackClears();
    this.listener.cleared();
  }

  /** @returns for each name whether it held more than a tombstone of this process */
  private purgeAtOnce(names: readonly string[]): Promise<number[]> {
    const tombstones = [OWN_TOMBSTONE, String(TOMBSTONE_MS), ...names.map(() => tombstone())];
    return this.#commands.follow<number[]>(['EVAL', PURGE, String(names.length), ...names, ...tombstones]);
  }

  private warnTrackingUnavailable(): void {
    if (this.warned.isUntracked) return;
    this.warned.isUntracked = true;
    new Logger('Cache').warn(
      'The cache server sends no invalidations: an old server, a proxy or the account refuses CLIENT TRACKING over RESP3, ' +
        `or EVAL. Changes of other processes are seen after up to ${UNTRACKED_MAX_AGE_MS / 1000} s.`,
    );
  }
}
