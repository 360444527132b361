import type * as Redis from '@redis/client';
import type { RedisCommands } from './redis.commands.js';
import { MOVE } from './redis.scripts.js';
import { MARK_BYTES, isEntry, markOf, tombstone } from '../shared-entry.js';

/** A load that takes longer than this may store a value that was removed while it ran. */
export const TOMBSTONE_MS = 60_000;
/** The ttl of a staged entry, until the script moves it to its key. */
const STAGED_MS = 10_000;

/** Reads and writes entries on Redis, each in one round trip. */
export class RedisEntries {
  private readonly asBuffer: { readonly typeMapping: Readonly<Record<number, BufferConstructor>> };
  readonly #connection: RedisCommands;

  constructor(redis: typeof Redis, connection: RedisCommands) {
    this.asBuffer = { typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } };
    this.#connection = connection;
  }

  read(name: string): Promise<Buffer | null> {
    return this.readBuffer(['GET', name]);
  }

  async write(name: string, entry: Buffer, ttl: number): Promise<void> {
    const end = ttl === Infinity ? [] : ['PX', milliseconds(ttl)];
    await this.#connection.send(['SET', name, entry, ...end]);
  }

  /** Writes an entry and has its next change tracked. Returns false if another process has already changed it. */
  async writeTracked(name: string, entry: Buffer, ttl: number): Promise<boolean> {
    const [, head] = await Promise.all([this.write(name, entry, ttl), this.headOf(name)]);
    return head.equals(markOf(entry));
  }

  /**
   * Writes an entry, unless the key has an entry with another mark.
   *
   * @param staged a temporary key for the entry
   */
  async replace(name: string, staged: string, entry: Buffer, ttl: number, mark: Buffer): Promise<boolean> {
    const px = ttl === Infinity ? '' : milliseconds(ttl);
    const [, isMoved] = await Promise.all([
      this.write(staged, entry, STAGED_MS),
      this.#connection.send(['EVAL', MOVE, '2', name, staged, mark, px]),
    ]);
    return isMoved === 1;
  }

  /** Replaces an entry with a tombstone, and returns whether there was one. */
  async writeTombstone(name: string): Promise<boolean> {
    const [head] = await Promise.all([
      this.headOf(name).catch(() => Buffer.alloc(0)),
      this.write(name, tombstone(), TOMBSTONE_MS),
    ]);
    return isEntry(head);
  }

  private async headOf(name: string): Promise<Buffer> {
    return markOf(await this.readBuffer(['GETRANGE', name, '0', String(MARK_BYTES - 1)]));
  }

  private async readBuffer(command: readonly string[]): Promise<Buffer | null> {
    const reply = await this.#connection.follow<unknown>(command, this.asBuffer);
    // A reply of another type is not an entry.
    return reply === null || Buffer.isBuffer(reply) ? reply : Buffer.alloc(0);
  }
}

function milliseconds(ttl: number): string {
  return String(Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, Math.ceil(ttl))));
}
