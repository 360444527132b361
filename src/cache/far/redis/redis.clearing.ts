import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis.connection.js';
import type { SharedKeys } from '../shared-keys.js';

const SCAN_COUNT = '1000';

/** Clears a namespace on Redis, and publishes this to other processes. */
export class RedisClearing {
  /** A key that is written on each clear. */
  readonly name: string;
  readonly #connection: RedisConnection;

  constructor(
    private readonly keys: SharedKeys,
    connection: RedisConnection,
  ) {
    this.name = clearedName(keys);
    this.#connection = connection;
  }

  /** Removes some entries, and returns the cursor of the next step: undefined when done. */
  async step(cursor: string | undefined, isTracked: boolean): Promise<string | undefined> {
    if (cursor === undefined) this.publishClear();
    const scan = ['SCAN', cursor ?? '0', 'MATCH', this.keys.pattern, 'COUNT', SCAN_COUNT];
    const [next, names] = await this.#connection.send<[string, string[]]>(scan);
    // Servers and proxies without tracking may not support UNLINK.
    if (names.length > 0) await this.#connection.send([isTracked ? 'UNLINK' : 'DEL', ...names]);
    return next === '0' ? undefined : next;
  }

  /** Subscribes to clears by other processes: reading the key makes Redis track it. */
  trackClears(): void {
    this.#connection.send(['EXISTS', this.name]).catch(() => undefined);
  }

  private publishClear(): void {
    this.#connection.send(['SET', this.name, randomUUID()]).catch(() => undefined);
    this.trackClears();
  }
}

export function clearedName(keys: SharedKeys): string {
  return keys.auxiliaryName('cleared');
}
