import type * as Redis from '@redis/client';
import { Logger } from '@nestjs/common';
import type { CacheConfig } from '../../../config/index.js';
import { RedisClearing, clearedName } from './redis.clearing.js';
import { RedisConnection, type RedisConnectionListener } from './redis.connection.js';
import { RedisEntries, TOMBSTONE_MS } from './redis.entries.js';
import { type RedisTarget, requirePrimary } from './redis.server.js';
import { RedisLocks } from './redis.locks.js';
import { PURGE } from './redis.scripts.js';
import { RecentChanges } from '../recent-changes.js';
import { OWN_TOMBSTONE, markOf, tombstone } from '../shared-entry.js';
import { SharedKeys } from '../shared-keys.js';
import { type SharedTier, type SharedTierListener, UNTRACKED_MAX_AGE_MS } from '../shared.tier.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

/** Entries on Redis or Valkey. The server sends each process invalidations for changes by others. */
export class RedisTier implements SharedTier, RedisConnectionListener {
  readonly maxEntryBytes = Infinity;

  private readonly keys: SharedKeys;
  // Holds the password: private names are not printed with the object.
  readonly #connection: RedisConnection;
  private readonly entries: RedisEntries;
  private readonly locks: RedisLocks;
  private readonly clearing: RedisClearing;
  private listener!: SharedTierListener;
  /** Sentinels replace a primary by a replica that may lack the last changes. */
  private readonly changes: RecentChanges | undefined;
  private isTracked = true;
  private isWarned = false;

  constructor(
    private readonly redis: typeof Redis,
    { namespace }: CacheConfig,
    server: RedisTarget,
  ) {
    this.keys = new SharedKeys(namespace);
    this.#connection = new RedisConnection(redis, server, clearedName(this.keys), this);
    this.changes = 'sentinels' in server ? new RecentChanges() : undefined;
    this.entries = new RedisEntries(redis, this.#connection);
    this.locks = new RedisLocks(this.#connection);
    this.clearing = new RedisClearing(this.keys, this.#connection);
  }

  get isReady(): boolean {
    return this.#connection.isReady;
  }

  get maxAge(): number {
    return this.isTracked ? Infinity : UNTRACKED_MAX_AGE_MS;
  }

  open(listener: SharedTierListener): void {
    this.listener = listener;
    this.#connection.open();
  }

  get(key: string): Promise<Buffer | null> {
    return this.entries.read(this.keys.nameOf(key));
  }

  async set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean> {
    const name = this.keys.nameOf(key);
    this.changes?.add([key]);
    if (!this.isTracked) {
      await this.entries.write(name, entry, ttl);
      return true;
    }
    if (mark === undefined) return this.entries.writeTracked(name, entry, ttl);
    const staged = this.keys.auxiliaryName(`staged:${markOf(entry).toString('hex')}`);
    return this.entries.replace(name, staged, entry, ttl, mark);
  }

  async delete(keys: readonly string[]): Promise<boolean> {
    const names = keys.map((key) => this.keys.nameOf(key));
    this.changes?.add(keys);
    if (!this.isTracked) return (await this.#connection.send<number>(['DEL', ...names])) > 0;
    return (await Promise.all(names.map((name) => this.entries.writeTombstone(name)))).some(Boolean);
  }

  async purge(keys: readonly string[]): Promise<readonly string[]> {
    const names = keys.map((key) => this.keys.nameOf(key));
    this.changes?.add(keys);
    if (this.isTracked) {
      const tombstones = [OWN_TOMBSTONE, String(TOMBSTONE_MS), ...keys.map(() => tombstone())];
      const command = ['EVAL', PURGE, String(names.length), ...names, ...tombstones];
      const were = await this.#connection.send<number[]>(command);
      return keys.filter((_key, place) => were[place] === 1);
    }
    await this.#connection.send(['DEL', ...names]);
    return [];
  }

  clear(cursor?: string): Promise<string | undefined> {
    this.changes?.addAll();
    return this.clearing.step(cursor, this.isTracked);
  }

  lock(key: string, owner: string, ms: number): Promise<boolean> {
    return this.locks.take(this.lockName(key), owner, ms);
  }

  extend(key: string, owner: string, ms: number): Promise<void> {
    return this.locks.extend(this.lockName(key), owner, ms);
  }

  unlock(key: string, owner: string): Promise<void> {
    return this.locks.release(this.lockName(key), owner);
  }

  async ping(): Promise<void> {
    if (!this.isTracked) return void (await this.#connection.send(['PING']));
    try {
      requirePrimary(await this.#connection.send(['HELLO', '3']));
    } catch (error) {
      if (error instanceof UnsupportedServerError) this.renew();
      throw error;
    }
  }

  isRefusal(error: unknown): boolean {
    return error instanceof this.redis.ErrorReply;
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
  }

  failed(error: unknown): void {
    this.listener.failed(error);
  }

  invalidated(name: Buffer | null): void {
    const text = name?.toString();
    if (text === undefined || text === this.clearing.name) {
      this.clearing.trackClears();
      this.listener.cleared();
      return;
    }
    const key = this.keys.keyOf(text);
    if (key !== undefined) this.listener.invalidated(key);
  }

  private warnTrackingUnavailable(): void {
    if (this.isWarned) return;
    this.isWarned = true;
    new Logger('Cache').warn(
      'The cache server sends no invalidations: an old server, a proxy or the account refuses CLIENT TRACKING over RESP3, ' +
        `or EVAL. Changes of other processes are seen after up to ${UNTRACKED_MAX_AGE_MS / 1000} s.`,
    );
  }

  private lockName(key: string): string {
    return this.keys.auxiliaryName(`lock:${key}`);
  }
}
