import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis.connection.js';
import type { SharedKeys } from '../shared-keys.js';

const SCAN_COUNT = '1000';

/** How all entries of a namespace are removed from Redis, and how others are told of it. */
export class RedisClearing {
  /** A name that is written whenever all entries are removed. */
  readonly name: string;
  readonly #connection: RedisConnection;

  constructor(
    private readonly keys: SharedKeys,
    connection: RedisConnection,
  ) {
    this.name = clearedName(keys);
    this.#connection = connection;
  }

  /** Removes some entries, and answers where to go on: undefined when all are gone. */
  async step(cursor: string | undefined, isTracked: boolean): Promise<string | undefined> {
    if (cursor === undefined) this.publishClear();
    const scan = ['SCAN', cursor ?? '0', 'MATCH', this.keys.pattern, 'COUNT', SCAN_COUNT];
    const [next, names] = await this.#connection.send<[string, string[]]>(scan);
    // Servers and proxies that do not tell of changes may not know UNLINK.
    if (names.length > 0) await this.#connection.send([isTracked ? 'UNLINK' : 'DEL', ...names]);
    return next === '0' ? undefined : next;
  }

  /** Has the server tell when another process removes all: a name that was read once is one of whose change it tells. */
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
