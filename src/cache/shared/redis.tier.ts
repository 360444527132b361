import type * as Redis from '@redis/client';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { CacheConfig } from '../../config/cache.config.js';
import { RedisConnection, type RedisConnectionListener } from './redis.connection.js';
import { PURGE, WRITE } from './redis.scripts.js';
import { OWN_TOMBSTONE, tombstone } from './shared-entry.js';
import { SharedKeys } from './shared-keys.js';
import { UNTOLD_MAX_AGE, type SharedTier, type SharedTierListener } from './shared.tier.js';

/** A load that takes longer than this may write what was removed while it ran. */
const TOMBSTONE_MS = 60_000;
const SCAN_COUNT = '1000';

/** Entries on Redis or Valkey. The server itself tells each process what others changed. */
export class RedisTier implements SharedTier, RedisConnectionListener {
  readonly maxEntryBytes = Infinity;

  private readonly keys: SharedKeys;
  private readonly asBytes: { readonly typeMapping: Readonly<Record<number, BufferConstructor>> };
  // Holds the password: out of reach of what prints objects.
  readonly #connection: RedisConnection;
  private listener!: SharedTierListener;
  private isTracked = true;
  private isWarned = false;

  constructor(
    private readonly redis: typeof Redis,
    { namespace }: CacheConfig,
    url: string,
  ) {
    this.keys = new SharedKeys(namespace);
    this.asBytes = { typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } };
    this.#connection = new RedisConnection(redis, url, this);
  }

  get isReady(): boolean {
    return this.#connection.isReady;
  }

  get maxAge(): number {
    return this.isTracked ? Infinity : UNTOLD_MAX_AGE;
  }

  open(listener: SharedTierListener): void {
    this.listener = listener;
    void this.#connection.open();
  }

  get(key: string): Promise<Buffer | null> {
    return this.read(this.keys.nameOf(key));
  }

  async set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean> {
    const name = this.keys.nameOf(key);
    const px = ttl === Infinity ? '' : milliseconds(ttl);
    if (this.isTracked) return (await this.send(['EVAL', WRITE, '1', name, mark ?? '*', entry, px])) === 1;
    await this.send(['SET', name, entry, ...(px === '' ? [] : ['PX', px])]);
    return true;
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (!this.isTracked) {
      await this.purge(keys);
      return;
    }
    const px = String(TOMBSTONE_MS);
    await Promise.all(keys.map((key) => this.send(['SET', this.keys.nameOf(key), tombstone(), 'PX', px])));
  }

  async purge(keys: readonly string[]): Promise<readonly string[]> {
    const names = keys.map((key) => this.keys.nameOf(key));
    if (this.isTracked) {
      const tombstones = [OWN_TOMBSTONE, String(TOMBSTONE_MS), ...keys.map(() => tombstone())];
      const were = (await this.send([
        'EVAL',
        PURGE,
        String(names.length),
        ...names,
        ...tombstones,
      ])) as number[];
      return keys.filter((_key, place) => were[place] === 1);
    }
    await this.send(['UNLINK', ...names]);
    return [];
  }

  async clear(cursor?: string): Promise<string | undefined> {
    if (cursor === undefined) this.tellOfClearing();
    const scan = ['SCAN', cursor ?? '0', 'MATCH', this.keys.pattern, 'COUNT', SCAN_COUNT];
    const [next, names] = (await this.send(scan)) as [string, string[]];
    if (names.length > 0) await this.send(['UNLINK', ...names]);
    return next === '0' ? undefined : next;
  }

  async lock(key: string, owner: string, ms: number): Promise<boolean> {
    return (await this.send(['SET', this.lockName(key), owner, 'NX', 'PX', String(ms)])) !== null;
  }

  async extend(key: string, owner: string, ms: number): Promise<void> {
    await this.send(['SET', this.lockName(key), owner, 'XX', 'PX', String(ms)]);
  }

  async unlock(key: string, owner: string): Promise<void> {
    const held = await this.send(['GET', this.lockName(key)]);
    if (held === owner) await this.send(['DEL', this.lockName(key)]);
  }

  async ping(): Promise<void> {
    await this.send(['PING']);
  }

  isRefusal(error: unknown): boolean {
    return error instanceof this.redis.ErrorReply;
  }

  renew(): void {
    this.#connection.renew();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  connected(isTracked: boolean): void {
    this.isTracked = isTracked;
    // Read once, the server tells when it changes.
    if (isTracked) this.watchClearings();
    else this.warnUntold();
    this.listener.ready();
  }

  failed(error: unknown): void {
    this.listener.failed(error);
  }

  invalidated(name: Buffer | null): void {
    const text = name?.toString();
    if (text === undefined || text === this.clearedName) {
      this.watchClearings();
      this.listener.cleared();
      return;
    }
    const key = this.keys.keyOf(text);
    if (key !== undefined) this.listener.invalidated(key);
  }

  private warnUntold(): void {
    if (this.isWarned) return;
    this.isWarned = true;
    new Logger('Cache').warn(
      'The cache server does not tell of changes: CLIENT TRACKING over RESP3, or EVAL, is refused by an old server, a proxy ' +
        `or the account. A process sees what others change after at most ${UNTOLD_MAX_AGE / 1000} s.`,
    );
  }

  private get clearedName(): string {
    return this.keys.beside('cleared');
  }

  private lockName(key: string): string {
    return this.keys.beside(`lock:${key}`);
  }

  private tellOfClearing(): void {
    this.send(['SET', this.clearedName, randomUUID()]).catch(() => undefined);
    this.watchClearings();
  }

  private watchClearings(): void {
    this.send(['EXISTS', this.clearedName]).catch(() => undefined);
  }

  private async read(name: string): Promise<Buffer | null> {
    const reply = await this.#connection.client.sendCommand<unknown>(['GET', name], this.asBytes);
    // The answer to another question is no entry.
    return reply === null || Buffer.isBuffer(reply) ? reply : Buffer.alloc(0);
  }

  private async send(command: readonly (string | Buffer)[]): Promise<unknown> {
    return this.#connection.client.sendCommand(command);
  }
}

function milliseconds(ttl: number): string {
  return String(Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, Math.ceil(ttl))));
}
