import type { RedisClient } from './redis.server.js';

export type CommandOptions = Parameters<RedisClient['sendCommand']>[1];

/** Sends commands to a server. */
export interface RedisCommands {
  /** @throws if there is no connection, or the server refuses */
  send<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T>;
  /**
   * Like `send`. While a cluster moves the key, the command follows it, so it may overtake later commands of this process:
   * only for commands that do not write values.
   */
  follow<T>(command: readonly (string | Buffer)[], options?: CommandOptions): Promise<T>;
}
