import { MARK_BYTES } from '../shared-entry.js';

// No script is given a value: what traces programs prints the arguments of EVAL, and masks those of SET.

/** A name that is read at the end of a script is one of whose next change the server tells. */
const WATCH = `redis.call('EXISTS', KEYS[1])`;

/**
 * Moves the entry at KEYS[2] to KEYS[1], unless there is something else than the mark ARGV[1] says. ARGV[2] is its
 * milliseconds, empty for no end.
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
 * Removes KEYS and says for each whether somebody had written it. ARGV[1] is how an own tombstone begins, ARGV[2] the
 * milliseconds of the tombstones that follow; none is left where the server has no room for it.
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
