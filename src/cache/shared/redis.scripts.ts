import { MARK_BYTES } from './shared-entry.js';

/** A name that is read at the end of a script is one of whose next change the server tells. */
const WATCH = `redis.call('EXISTS', unpack(KEYS))`;

/**
 * Writes KEYS[1], unless there is something else than the mark ARGV[1] says; '*' writes in any case. ARGV[2] is the
 * entry, ARGV[3] its milliseconds, empty for no end.
 */
export const WRITE = `
if ARGV[1] ~= '*' then
  local found = redis.call('GETRANGE', KEYS[1], 0, ${MARK_BYTES - 1})
  if found ~= '' and found ~= ARGV[1] then return 0 end
end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
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
${WATCH}
return were`;
