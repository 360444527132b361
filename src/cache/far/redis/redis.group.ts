import type { RedisCommands } from './redis.commands.js';
import type { RedisConnection } from './redis.connection.js';
import type { RedisNames } from './redis.names.js';

/** The group of servers that a tier is a part of. */
export interface RedisGroup {
  /** False if the server can only be a node of a cluster: the tier reports that instead of connecting. Default: true */
  readonly mayBeSingle?: boolean;
  readonly names?: RedisNames;
  /** The warnings that were logged already, by any tier of the group. */
  readonly warned?: { isUntracked: boolean };
  /** Commands on the connection of the tier. */
  commandsOn?(connection: RedisConnection): RedisCommands;
  connected?(): void;
  /** Returns whether a failed connection is expected. */
  expects?(error: unknown): boolean;
}
