import { randomBytes } from 'node:crypto';
import type * as Memjs from 'memjs';
import type { CacheConfig } from '../../../config/index.js';
import { withTimeout } from '../../../common/timeout.js';
import { extendLock, releaseLock, takeLock } from './memcached.locks.js';
import { discardServers, serversOf } from './memcached.servers.js';
import { SharedCacheTimeout } from '../call-deadlines.js';
import { Retry } from '../retry.js';
import { SharedKeys } from '../shared-keys.js';
import { type SharedTier, type SharedTierListener, UNTRACKED_MAX_AGE_MS } from '../shared.tier.js';

// memcached accepts 1 MiB including its own bookkeeping, and treats a ttl beyond 30 days as a date in 1970.
const MAX_ENTRY_BYTES = 2 ** 20 - 1024;
const MAX_TTL_S = 30 * 24 * 3600;
const GENERATION_BYTES = 8;
const CLIENT_TIMEOUT_MS = 30_000;
const CONNECT_MS = 2000;

/** Entries on memcached, which sends no invalidations and cannot list its keys. */
export class MemcachedTier implements SharedTier {
  readonly maxEntryBytes = MAX_ENTRY_BYTES - GENERATION_BYTES;
  readonly maxAge = UNTRACKED_MAX_AGE_MS;
  isReady = false;

  private readonly keys: SharedKeys;
  private readonly timeoutS: number;
  // Holds the password: private names are not printed with the object.
  #client: Memjs.Client;
  readonly #url: string;
  /** Entries of another generation count as removed. */
  private generation: Buffer | undefined;
  private pendingGeneration: Promise<Buffer> | undefined;
  private closing = new AbortController();

  constructor(
    private readonly memjs: typeof Memjs,
    { namespace, timeoutMs }: CacheConfig,
    url: string,
  ) {
    this.#url = url;
    this.keys = new SharedKeys(namespace);
    // Much longer than any caller waits: memjs counts a reply that arrived while the event loop was blocked as a timeout,
    // and then drops the connection without closing it.
    this.timeoutS = (timeoutMs + CLIENT_TIMEOUT_MS) / 1000;
    this.#client = this.connect();
  }

  open(listener: SharedTierListener): void {
    this.closing = new AbortController();
    const { signal } = this.closing;
    void new Retry().run(
      () => this.waitUntilReachable(listener, signal),
      (error) => listener.failed(error),
      signal,
    );
  }

  async get(key: string): Promise<Buffer | null> {
    const [{ value }, generation] = await Promise.all([
      this.#client.get(this.keys.shortNameOf(key)),
      this.readGeneration(),
    ]);
    if (value === null || !generation.equals(value.subarray(0, GENERATION_BYTES))) return null;
    return value.subarray(GENERATION_BYTES);
  }

  async set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean> {
    const name = this.keys.shortNameOf(key);
    const write = (generation: Buffer) =>
      this.#client.set(name, Buffer.concat([generation, entry]), { expires: wholeSeconds(ttl) });
    const known = this.generation ?? (await this.readGeneration());
    // Sent at once, so that calls are sent in the order in which they were made. A value that is set belongs to the current
    // generation, a loaded value to the last known one.
    const [current] = await Promise.all([mark === undefined ? this.readGeneration() : known, write(known)]);
    if (!current.equals(known)) await write(current);
    return true;
  }

  async delete(keys: readonly string[]): Promise<boolean> {
    // Sent together, so that calls are sent in the order in which they were made. An entry of another generation is ignored.
    const finding = Promise.all(keys.map((key) => this.get(key)));
    const removing = keys.map((key) => this.#client.delete(this.keys.shortNameOf(key)));
    const [found] = await Promise.all([finding, ...removing]);
    return found.some((entry) => entry !== null);
  }

  async purge(keys: readonly string[]): Promise<readonly string[]> {
    await this.delete(keys);
    return [];
  }

  async clear(): Promise<undefined> {
    const generation = randomBytes(GENERATION_BYTES);
    await this.#client.set(this.generationName, generation, { expires: 0 });
    this.generation = generation;
  }

  lock(key: string, owner: string, ms: number): Promise<boolean> {
    return takeLock(this.#client, this.lockName(key), owner, ms);
  }

  extend(key: string, owner: string, ms: number): Promise<void> {
    return extendLock(this.#client, this.lockName(key), owner, ms);
  }

  unlock(key: string, owner: string): Promise<void> {
    return releaseLock(this.#client, this.lockName(key), owner);
  }

  /** Uses a new connection: a broken one may mix up old and new replies. */
  async ping(): Promise<void> {
    this.renew();
    await this.readGeneration();
  }

  isRefusal(error: unknown): boolean {
    // The prefix of memjs for an error reply of the server.
    return error instanceof Error && error.message.startsWith('MemJS ');
  }

  renew(): void {
    const broken = this.#client;
    this.#client = this.connect();
    this.pendingGeneration = undefined;
    this.discard(broken);
  }

  async close(): Promise<void> {
    this.isReady = false;
    this.closing.abort();
    this.discard(this.#client);
  }

  /** memjs connects with its first call, and would keep that call queued while the server is down. */
  private async waitUntilReachable(listener: SharedTierListener, signal: AbortSignal): Promise<void> {
    try {
      await withTimeout(this.readGeneration(), CONNECT_MS, () => new SharedCacheTimeout(true));
    } catch (error) {
      if (!signal.aborted) this.renew();
      throw error;
    }
    if (signal.aborted) return;
    this.isReady = true;
    listener.ready();
  }

  /** Concurrent callers share one read. */
  private readGeneration(): Promise<Buffer> {
    if (this.pendingGeneration !== undefined) return this.pendingGeneration;
    const reading = this.fetchGeneration().finally(() => {
      if (this.pendingGeneration === reading) this.pendingGeneration = undefined;
    });
    this.pendingGeneration = reading;
    return reading;
  }

  private async fetchGeneration(): Promise<Buffer> {
    const { value } = await this.#client.get(this.generationName);
    if (value?.length === GENERATION_BYTES) return (this.generation = value);
    // There is no valid generation (any more): existing entries belong to an unknown one.
    const generation = randomBytes(GENERATION_BYTES);
    if (value === null) await this.#client.add(this.generationName, generation, { expires: 0 });
    else await this.#client.set(this.generationName, generation, { expires: 0 });
    const added = await this.#client.get(this.generationName);
    return (this.generation = added.value ?? randomBytes(GENERATION_BYTES));
  }

  private get generationName(): string {
    return this.keys.shortAuxiliaryName('generation');
  }

  private lockName(key: string): string {
    return this.keys.shortAuxiliaryName(`lock:${key}`);
  }

  private connect(): Memjs.Client {
    const servers = serversOf(this.memjs, this.#url, this.timeoutS);
    return new this.memjs.Client(servers, { retries: 1, logger: { log: () => undefined } });
  }

  private discard({ servers }: Memjs.Client): void {
    discardServers(servers);
  }
}

function wholeSeconds(ms: number): number {
  return ms === Infinity ? 0 : Math.min(MAX_TTL_S, Math.max(1, Math.ceil(ms / 1000)));
}
