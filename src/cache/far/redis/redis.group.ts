import type { RedisCommands } from './redis.commands.js';
import type { RedisConnection } from './redis.connection.js';
import type { RedisNames } from './redis.names.js';

/** The group of servers that a tier is a part of. */
export interface RedisGroup {
  /** Whether the tier connects to its server, which is not yet known to be a node of a cluster. Default: true */
  readonly isKnown?: boolean;
  readonly names?: RedisNames;
  /** What the log has said already. */
  readonly told?: { untracked: boolean };
  /** Commands on the connection of the tier. */
  commandsOn?(connection: RedisConnection): RedisCommands;
  connected?(): void;
  /** Returns whether a failed connection is expected. */
  expects?(error: unknown): boolean;
}
