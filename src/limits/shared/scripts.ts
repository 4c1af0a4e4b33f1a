/**
 * The Lua scripts of the shared window. All read the server's clock, in milliseconds. Keys: the log of sent requests, the
 * state, the pauses. A member of the log is `<process>:<number>:<sent at>`, with `:r` at its end once it was refused; its
 * score is when it leaves the window. A request in flight leaves when its slot expires at the latest.
 */
const prelude = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local log, state, pauses = KEYS[1], KEYS[2], KEYS[3]
local function pause_of(scope)
  local stored = redis.call('HGET', pauses, scope)
  if not stored then return nil end
  local untilAt, reason = string.match(stored, '^(%d+):(%a+)$')
  untilAt = tonumber(untilAt)
  if untilAt and untilAt > now then return untilAt, reason end
  return nil
end
local function set_pause(scope, reason, untilAt)
  redis.call('HSET', pauses, scope, string.format('%.0f', untilAt) .. ':' .. reason)
  local ttl = math.max(redis.call('PTTL', pauses), untilAt - now + 86400000)
  redis.call('PEXPIRE', pauses, string.format('%.0f', math.min(ttl, 1e13)))
end
local function sent_at(member)
  return tonumber(string.match(member, ':(%d+):?r?$'))
end
`

/**
 * Takes the next place in the window, now or within `max delay`. ARGV: window, guard, expiration, max delay, id, scope,
 * the least spacing while the cap grows, the least spacing of each level.
 */
const admit = `${prelude}
local window, guard, expiration, max_delay = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = string.format('%.0f', now)
local latest, reason, scope = pause_of('*')
if latest then scope = '*' end
if ARGV[6] ~= '*' then
  local own, own_reason = pause_of(ARGV[6])
  if own and (not latest or own >= latest) then latest, reason, scope = own, own_reason, ARGV[6] end
end
if latest then return { 'paused', time, string.format('%.0f', latest), reason, scope } end
local stored = redis.call('HMGET', state, 'ceiling', 'last')
if not stored[1] then return { 'unknown', time } end
local ceiling = cjson.decode(stored[1])
redis.call('ZREMRANGEBYSCORE', log, '-inf', now)
local count = redis.call('ZCARD', log)
local at, others = now, count
if count >= ceiling.cap then
  local elapsed = now - sent_at(redis.call('ZRANGE', log, 0, 0)[1])
  if now - ceiling.capChangedAt >= window and elapsed >= window * 0.9 then
    return { 'full', time, string.format('%.0f', elapsed), stored[1] }
  end
  local place = count - ceiling.cap
  at = tonumber(redis.call('ZRANGE', log, place, place, 'WITHSCORES')[2])
  others = ceiling.cap - 1
end
local least = tonumber(ARGV[8 + ceiling.spacingLevel])
local free = (1 - least) / 2
if ceiling.upperBound == cjson.null and ceiling.proven > 0 then
  least = math.max(least, tonumber(ARGV[7]))
  free = math.min(free, ceiling.proven / (2 * ceiling.cap))
end
local used = others / ceiling.cap
if used >= math.max(free, 0.04) then
  local spacing = (window / ceiling.cap) * math.max(least, (used - free) / (1 - free))
  at = math.max(at, math.ceil((tonumber(stored[2]) or 0) + spacing))
end
if at - now > max_delay then
  return { 'wait', time, string.format('%.0f', math.min(at - now, window)), string.format('%.0f', count) }
end
local sent = string.format('%.0f', at)
local member = ARGV[5] .. ':' .. sent
redis.call('ZADD', log, at + expiration + window + guard, member)
redis.call('PEXPIRE', log, max_delay + expiration + 2 * window + guard)
redis.call('HSET', state, 'last', sent)
return { 'sent', time, string.format('%.0f', at - now), member, string.format('%.0f', others + 1), stored[1] }
`

/** ARGV: window, guard, member, outcome (`ok`, `refused` or `unsent`), scope. */
const finish = `${prelude}
local member, outcome = ARGV[3], ARGV[4]
redis.call('ZREM', log, member)
if outcome == 'unsent' then return 0 end
if outcome == 'refused' then member = member .. ':r' end
local leaves = now + tonumber(ARGV[1]) + tonumber(ARGV[2])
redis.call('ZADD', log, leaves, member)
if outcome == 'ok' then redis.call('HDEL', pauses, '?*', '?' .. ARGV[5]) end
return 1
`

/** ARGV: window, guard, member, count, scope, reason, milliseconds until the retry or -1, first and longest guess. */
const refuse = `${prelude}
local window, guard, member = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local scope, reason, wait = ARGV[5], ARGV[6], tonumber(ARGV[7])
local current = pause_of(scope) or 0
local untilAt = now + wait
if wait < 0 then
  untilAt = current
  if current == 0 then
    local guess = tonumber(redis.call('HGET', pauses, '?' .. scope)) or tonumber(ARGV[8]) / 2
    guess = math.min(guess * 2, tonumber(ARGV[9]))
    redis.call('HSET', pauses, '?' .. scope, string.format('%.0f', guess))
    untilAt = now + guess
  end
end
if untilAt > current then
  set_pause(scope, reason, untilAt)
else
  untilAt = current
end
local sent = sent_at(member)
local at_least, at_most, oldest = 0, tonumber(ARGV[4]), sent
local members = redis.call('ZRANGE', log, 0, -1, 'WITHSCORES')
for index = 1, #members, 2 do
  local other = members[index]
  local at = sent_at(other)
  local ended = tonumber(members[index + 1]) - window - guard
  if ended <= now and at < oldest then oldest = at end
  if at > sent then at_most = at_most + 1 end
  if at >= now - window and ended <= sent and string.sub(other, -2) ~= ':r' then at_least = at_least + 1 end
end
local stored = redis.call('HGET', state, 'ceiling') or ''
return { string.format('%.0f', now), string.format('%.0f', untilAt), at_least, at_most, string.format('%.0f', now - oldest), stored }
`

/** Replaces the ceiling unless another process has changed it. ARGV: the expected ceiling, the new one, milliseconds to keep it. */
const compareAndSwap = `${prelude}
local stored = redis.call('HGET', state, 'ceiling') or ''
if stored ~= ARGV[1] then return stored end
redis.call('HSET', state, 'ceiling', ARGV[2])
redis.call('PEXPIRE', state, ARGV[3])
return ARGV[2]
`

/** Adds the state of this process. ARGV: the ceiling to start from, milliseconds to keep it, the pauses, then members and when they leave. */
const join = `${prelude}
if redis.call('HSETNX', state, 'ceiling', ARGV[1]) == 1 then redis.call('PEXPIRE', state, ARGV[2]) end
for _, pause in ipairs(cjson.decode(ARGV[3])) do
  local untilAt = now + pause.remaining
  if untilAt > (pause_of(pause.scope) or now) then set_pause(pause.scope, pause.reason, untilAt) end
end
for index = 4, #ARGV, 2 do
  local leaves = tonumber(ARGV[index + 1])
  if leaves > now then
    redis.call('ZADD', log, 'NX', leaves, ARGV[index])
    redis.call('PEXPIRE', log, leaves - now + 60000)
  end
end
return { string.format('%.0f', now), redis.call('HGET', state, 'ceiling') }
`

export const scripts = { admit, finish, refuse, compareAndSwap, join } as const
