/** How long a worker is listed after its last report. */
export const FLEET_TTL_MS = 15_000;

/** The server's time, so that the clocks of the workers do not matter. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Adds the state ARGV[1] to KEYS[1] and its worker ARGV[2] to KEYS[4], for ARGV[3] milliseconds, and removes what has expired.
 * KEYS[2] holds the time of the first report, KEYS[3] the worker that watches the others, KEYS[5] the details of the state, and
 * KEYS[6] the workers of the state that this one had before. Returns 0 if the details are missing, and nothing is added; 2 if
 * this worker watches the others; otherwise 1.
 */
export const REPORT = `
if redis.call('PEXPIRE', KEYS[5], 4 * ARGV[3]) == 0 then return 0 end
${NOW}
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], now + ARGV[3], ARGV[2])
for _, place in ipairs({ 1, 4 }) do
  redis.call('ZREMRANGEBYSCORE', KEYS[place], '-inf', now)
  redis.call('PEXPIRE', KEYS[place], ARGV[3])
end
if KEYS[6] then redis.call('ZREM', KEYS[6], ARGV[2]) end
redis.call('SET', KEYS[2], now, 'NX')
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local watcher = redis.call('GET', KEYS[3])
if watcher and watcher ~= ARGV[2] then return 1 end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return 2`;

/** Removes the worker ARGV[1] from KEYS[1], and from KEYS[2] if it watches the others. */
export const LEAVE = `
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return redis.call('ZREM', KEYS[1], ARGV[1])`;

/**
 * Returns the milliseconds since the first report (KEYS[2]), the number of states in KEYS[1], of at most ARGV[3] of them
 * the number of live workers, ARGV[4] of these, and the details, and how the last shutdown went (KEYS[3]). ARGV[1] and ARGV[2]
 * are the beginnings of the names that hold the states, which are in the slot of KEYS[1].
 */
export const READ = `${NOW}
local live = '(' .. now
local found = {}
for place, state in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], live, '+inf', 'LIMIT', 0, ARGV[3])) do
  local workers = ARGV[1] .. state
  found[place] = {
    redis.call('ZCOUNT', workers, live, '+inf'),
    redis.call('ZRANGEBYSCORE', workers, live, '+inf', 'LIMIT', 0, ARGV[4]),
    redis.call('GET', ARGV[2] .. state),
  }
end
local since = redis.call('GET', KEYS[2])
local drain = redis.call('GET', KEYS[3])
return { since and now - since or -1, redis.call('ZCOUNT', KEYS[1], live, '+inf'), found, drain }`;
