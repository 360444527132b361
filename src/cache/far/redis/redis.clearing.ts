import { randomUUID } from 'node:crypto';
import type { RedisCommands } from './redis.commands.js';
import type { RedisNames } from './redis.names.js';

const SCAN_COUNT = '1000';

/** Clears a namespace on Redis, and publishes this to other processes. */
export class RedisClearing {
  readonly #connection: RedisCommands;

  constructor(
    private readonly names: RedisNames,
    connection: RedisCommands,
  ) {
    this.#connection = connection;
  }

  /** Removes some entries, and returns the cursor of the next step: undefined when done. */
  async step(cursor: string | undefined, isTracked: boolean): Promise<string | undefined> {
    if (cursor === undefined) this.publishClear();
    const scan = ['SCAN', cursor ?? '0', 'MATCH', this.names.pattern, 'COUNT', SCAN_COUNT];
    const [next, found] = await this.#connection.send<[string, string[]]>(scan);
    // Servers and proxies without tracking may not support UNLINK.
    await this.remove(isTracked ? 'UNLINK' : 'DEL', found);
    return next === '0' ? undefined : next;
  }

  /** Removes keys; in a cluster each by a command, and also those that are being moved to another master. */
  async remove(command: 'DEL' | 'UNLINK', names: readonly string[]): Promise<number> {
    if (names.length === 0) return 0;
    if (this.names.canShareCommand) return this.#connection.send<number>([command, ...names]);
    const counts = await Promise.all(names.map((name) => this.#connection.follow<number>([command, name])));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Subscribes to clears by other processes: reading the key makes Redis track it. */
  trackClears(): void {
    this.#connection.send(['EXISTS', this.names.cleared]).catch(() => undefined);
  }

  private publishClear(): void {
    this.#connection.send(['SET', this.names.cleared, randomUUID()]).catch(() => undefined);
    this.trackClears();
  }
}
