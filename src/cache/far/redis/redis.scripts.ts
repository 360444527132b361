import { MARK_BYTES } from '../shared-entry.js';

// Scripts never get values as arguments: tracing tools print the arguments of EVAL, and mask those of SET.

/** Reading the key at the end of a script makes Redis track it for invalidation. */
const WATCH = `redis.call('EXISTS', KEYS[1])`;

/**
 * Moves the entry at KEYS[2] to KEYS[1], unless KEYS[1] has an entry with a mark other than ARGV[1]. ARGV[2] is its ttl in
 * milliseconds, empty if it does not expire.
 */
export const MOVE = `
local found = redis.call('GETRANGE', KEYS[1], 0, ${MARK_BYTES - 1})
if (found ~= '' and found ~= ARGV[1]) or redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('UNLINK', KEYS[2])
  return 0
end
redis.call('RENAME', KEYS[2], KEYS[1])
if ARGV[2] == '' then redis.call('PERSIST', KEYS[1])
else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
${WATCH}
return 1`;

/**
 * Removes KEYS and returns for each whether it held more than a tombstone of this process. ARGV[1] is the prefix of this process's
 * tombstones, ARGV[2] the ttl in milliseconds of the tombstones that follow. A server without memory gets no tombstones.
 */
export const PURGE = `
local were = {}
for place, name in ipairs(KEYS) do
  local head = redis.pcall('GETRANGE', name, 0, #ARGV[1] - 1)
  were[place] = (head ~= '' and head ~= ARGV[1]) and 1 or 0
  redis.call('UNLINK', name)
  redis.pcall('SET', name, ARGV[place + 2], 'PX', ARGV[2])
end
redis.call('EXISTS', unpack(KEYS))
return were`;
