import type { RedisCommands } from './redis.commands.js';

/** Locks on Redis: keys with the owner as their value, and a ttl. */
export class RedisLocks {
  readonly #connection: RedisCommands;

  constructor(connection: RedisCommands) {
    this.#connection = connection;
  }

  async take(name: string, owner: string, ms: number): Promise<boolean> {
    const [taken, left] = await Promise.all([
      this.#connection.send(['SET', name, owner, 'NX', 'PX', String(ms)]),
      this.#connection.send<number>(['PTTL', name]),
    ]);
    if (taken !== null) return true;
    // No lock lasts longer than `ms`: a foreign key in its place gets a ttl as well.
    if (left < 0 || left > ms) await this.#connection.send(['PEXPIRE', name, String(ms)]);
    return false;
  }

  async extend(name: string, owner: string, ms: number): Promise<void> {
    await this.#connection.send(['SET', name, owner, 'XX', 'PX', String(ms)]);
  }

  async release(name: string, owner: string): Promise<void> {
    if ((await this.#connection.send(['GET', name])) === owner) await this.#connection.send(['DEL', name]);
  }
}
