import type { CommandOptions, RedisCommands } from '../redis/redis.commands.js';
import type { RedisConnection } from '../redis/redis.connection.js';
import { type NodeAddress, hostOf } from './topology.js';

/** How the cluster reacts to redirections of a master. */
export interface Redirects {
  /** The host of the master. */
  readonly host: string;
  /** A key of this slot is being moved to another master. Returns the connection to it, if there is one. */
  moving(slot: number, to: NodeAddress): RedisConnection | undefined;
  /** A key belongs to another master, or the cluster is down. */
  outdated(): void;
}

const ASK = /^ASK (\d+) (.*):(\d+)$/;
const OUTDATED = /^(?:ERR .*)?(?:MOVED|CLUSTERDOWN|READONLY) /;

/**
 * Commands to a master of a cluster. A write that is redirected fails, and its key is repaired: sent to another connection, it
 * could overtake a later write.
 */
export class RedirectingCommands implements RedisCommands {
  readonly #connection: RedisConnection;

  constructor(
    connection: RedisConnection,
    private readonly redirects: Redirects,
  ) {
    this.#connection = connection;
  }

  async send<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T> {
    try {
      return await this.#connection.send<T>(command, options);
    } catch (error) {
      this.targetOf(error);
      throw error;
    }
  }

  async follow<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T> {
    try {
      return await this.#connection.send<T>(command, options);
    } catch (error) {
      const target = this.targetOf(error);
      if (target === undefined) throw error;
      return target.send<T>(command, options, true);
    }
  }

  /** The connection to which a reply redirects for one command. */
  private targetOf(error: unknown): RedisConnection | undefined {
    const message = error instanceof Error ? error.message : '';
    if (OUTDATED.test(message)) this.redirects.outdated();
    const [, slot, host = '', port] = ASK.exec(message) ?? [];
    if (slot === undefined) return undefined;
    return this.redirects.moving(Number(slot), {
      host: hostOf(host, undefined, this.redirects.host),
      port: Number(port),
    });
  }
}
