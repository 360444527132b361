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
 * Removes KEYS and says for each whether it was there. ARGV[1] is the milliseconds of their tombstones, which follow;
 * none is left where the server has no room for it.
 */
export const PURGE = `
local were = {}
for place, name in ipairs(KEYS) do
  were[place] = redis.call('UNLINK', name)
  redis.pcall('SET', name, ARGV[place + 1], 'PX', ARGV[1])
end
${WATCH}
return were`;
