/**
 * KEYS: record, due, list, keys. ARGV: expected revision or '', owner, and for a write also
 * revision, record, status, access key id, refresh key id or '', next check.
 * Returns 1 if the revision was the expected one, else 0.
 */
export const compareAndSet = `
local stored = redis.call('HMGET', KEYS[1], 'revision', 'status', 'access', 'refresh')
if ARGV[1] == '' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif stored[1] ~= ARGV[1] then return 0 end
local owner = ARGV[2]
if stored[2] then redis.call('ZREM', KEYS[3], stored[2] .. '\\0' .. owner) end
for i = 3, 4 do
  if stored[i] then redis.call('ZREM', KEYS[4], stored[i] .. '\\0' .. owner) end
end
redis.call('DEL', KEYS[1])
if not ARGV[3] then
  redis.call('ZREM', KEYS[2], owner)
  return 1
end
redis.call('HSET', KEYS[1], 'revision', ARGV[3], 'record', ARGV[4], 'status', ARGV[5], 'access', ARGV[6])
redis.call('ZADD', KEYS[2], ARGV[8], owner)
redis.call('ZADD', KEYS[3], 0, ARGV[5] .. '\\0' .. owner)
redis.call('ZADD', KEYS[4], 0, ARGV[6] .. '\\0' .. owner)
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[1], 'refresh', ARGV[7])
  redis.call('ZADD', KEYS[4], 0, ARGV[7] .. '\\0' .. owner)
end
return 1
`

/** KEYS: due. ARGV: latest due time, offset, count. Returns owner and due time in turn, oldest first. */
export const due = `
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3])
`

const owners = `
local after = ARGV[1]
local found = {}
local function collect(group)
  local from = after == '' and '[' .. group .. '\\0' or '(' .. group .. '\\0' .. after
  local members = redis.call('ZRANGEBYLEX', KEYS[1], from, '(' .. group .. '\\1', 'LIMIT', 0, ARGV[2])
  for i, member in ipairs(members) do members[i] = string.sub(member, #group + 2) end
  found[#found + 1] = members
end
`

/** KEYS: list. ARGV: owner to start after or '', count, the statuses. Returns a list of owners for each status. */
export const ownersByStatus = `${owners}
for i = 3, #ARGV do collect(ARGV[i]) end
return found
`

/** KEYS: keys. ARGV: owner to start after or '', count, a key id. Returns a list of owners for each other key id. */
export const ownersByOtherKey = `${owners}
local from = '-'
while true do
  local member = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 1)[1]
  if not member then return found end
  local group = string.match(member, '^[^%z]*')
  if group ~= ARGV[3] then collect(group) end
  from = '[' .. group .. '\\1'
end
`

/**
 * KEYS: claim. ARGV: epoch milliseconds at which it expires. Returns 1 for the first caller, else 0.
 * A time in the past of the server's clock comes from a clock behind it: the marker is kept for an hour.
 */
export const claim = `
local time = redis.call('TIME')
local ttl = tonumber(ARGV[1]) - (time[1] * 1000 + math.floor(time[2] / 1000))
if ttl <= 0 then ttl = 3600000 end
if redis.call('SET', KEYS[1], '', 'NX', 'PX', string.format('%.0f', ttl)) then return 1 end
return 0
`
