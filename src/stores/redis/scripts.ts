/** Lua: `now()` is ARGV[1], or the server's time if that is empty; in epoch milliseconds. `whole` writes such a number. */
export const clock = `
local given = ARGV[1]
local function now()
  if given == '' then
    local time = redis.call('TIME')
    given = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return tonumber(given)
end
local function whole(number) return string.format('%.0f', number) end
`

/**
 * Lua: the fields of a record in the order that `fromHash` expects, with the time that is left of each lease instead of
 * its end. The text WRONGTYPE for a key that is no hash.
 */
export const readFields = `
local function readFields(key)
  local values = redis.pcall('HMGET', key, 'revision', 'record', 'lease', 'leaseUntil', 'delivery', 'deliveryUntil',
    'nextCheckAt', 'grantEndsAt', 'status', 'key', 'app', 'accountId')
  if values.err then
    if string.find(values.err, 'WRONGTYPE', 1, true) then return 'WRONGTYPE' end
    error(values)
  end
  for i = 3, 5, 2 do
    local ends = tonumber(values[i + 1] or '')
    values[i + 1] = values[i] and (ends and whole(ends - now()) or 'unknown')
  end
  return values
end
`

/** KEYS: records. ARGV: now or ''. Returns the fields of each. */
export const read = `${clock}${readFields}
local found = {}
for i, key in ipairs(KEYS) do found[i] = readFields(key) end
return found
`

/** KEYS: records. Returns what the sets know about each; no reply for a key that is no hash. */
export const copies = `
local found = {}
for i, key in ipairs(KEYS) do
  local values = redis.pcall('HMGET', key, 'status', 'key', 'app', 'accountId', 'grantEndsAt')
  found[i] = not values.err and values
end
return found
`

/**
 * KEYS: record, sizes, and the sets due, grants, status, keys, apps, accounts.
 * ARGV: now or ''; expected revision or ''; place; lease or '', its length; delivery lease or '', its length; and for a
 * write the names and values of the other fields, the revision first. Returns 1 if the revision was the expected one, else
 * 0. A write that was done already returns 1 again: clients that reconnect send again what had no reply.
 */
export const compareAndSet = `${clock}
local sorted = {'nextCheckAt', 'grantEndsAt', 'status', 'key', 'app', 'accountId'}
local sets = {'due', 'grants', 'status', 'keys', 'apps', 'accounts'}
local stored = redis.call('HMGET', KEYS[1], 'revision', 'lease', 'leaseUntil', 'delivery', 'deliveryUntil',
  unpack(sorted))
if stored[1] and stored[1] == ARGV[9] then return '1' end
if ARGV[2] == '' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end
elseif stored[1] ~= ARGV[2] then return '0' end
local place, next, gone = ARGV[3], {}, {}
for i = 8, #ARGV, 2 do next[ARGV[i]] = ARGV[i + 1] end
for i, field in ipairs(sorted) do
  local old, new, set, size = stored[5 + i] or nil, next[field], KEYS[2 + i], 0
  if old ~= new then
    if i > 2 then
      if old then size = size - redis.call('ZREM', set, old .. '\\0' .. place) end
      if new then size = size + redis.call('ZADD', set, 0, new .. '\\0' .. place) end
    elseif new then size = redis.call('ZADD', set, new, place)
    else size = -redis.call('ZREM', set, place) end
    if size ~= 0 and redis.call('HINCRBY', KEYS[2], sets[i], size) == 0 then
      redis.call('HDEL', KEYS[2], sets[i])
    end
    if not new then gone[#gone + 1] = field end
    if i == 1 then gone[#gone + 1] = 'reservedUntil' end
  end
end
if #ARGV < 8 then
  redis.call('DEL', KEYS[1])
  return '1'
end
redis.call('HSET', KEYS[1], unpack(ARGV, 8))
local function idOf(lease) return string.match(lease, '[^%z]*$') end
local function keep(name, lease, length, held, ends)
  if lease == '' then
    if held then
      gone[#gone + 1] = name
      gone[#gone + 1] = name .. 'Until'
    end
  else
    if lease ~= held then redis.call('HSET', KEYS[1], name, lease) end
    if not held or not ends or idOf(held) ~= idOf(lease) then
      redis.call('HSET', KEYS[1], name .. 'Until', whole(now() + length))
    end
  end
end
keep('lease', ARGV[4], ARGV[5], stored[2], stored[3])
keep('delivery', ARGV[6], ARGV[7], stored[4], stored[5])
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
return '1'
`

/**
 * KEYS: claim. ARGV: now or '', epoch milliseconds at which it expires, nonce. Returns 1 for the first caller and for its
 * nonce, else 0. A time in the past of the clock comes from a clock behind it: the marker is kept for an hour.
 */
export const claim = `${clock}
local held = redis.call('GET', KEYS[1])
if held then
  local ends, nonce = string.match(held, '^(%d+) (.*)$')
  if ends and tonumber(ends) > now() then return nonce == ARGV[3] and '1' or '0' end
end
local ends = tonumber(ARGV[2])
if ends <= now() then ends = now() + 3600000 end
redis.call('SET', KEYS[1], whole(ends) .. ' ' .. ARGV[3], 'PX', whole(ends - now()))
return '1'
`

/** Lua: revision and bytes of the state at KEYS[1]; nothing if there is none or it has expired. */
const liveState = `
local function liveState()
  local held = redis.call('GET', KEYS[1])
  if not held then return nil end
  local ends, revision, bytes = string.match(held, '^(%d+) (%S+) (%S*)$')
  if ends and tonumber(ends) > now() then return revision, bytes end
end
`

/** KEYS: state. ARGV: now or ''. Returns revision and bytes, or an empty list. */
export const loadState = `${clock}${liveState}
return {liveState()}
`

/** KEYS: state. ARGV: now or '', expected revision or '', end, revision, bytes. Returns 1 or 0, and 1 when sent again. */
export const writeState = `${clock}${liveState}
local stored = liveState() or ''
if stored == ARGV[4] then return '1' end
if stored ~= ARGV[2] then return '0' end
local left = tonumber(ARGV[3]) - now()
if left > 0 then redis.call('SET', KEYS[1], table.concat({ARGV[3], ARGV[4], ARGV[5]}, ' '), 'PX', whole(left))
else redis.call('DEL', KEYS[1]) end
return '1'
`

/**
 * Puts the records that one step of a scan finds back into the sets of their bucket; after the last step the sizes are
 * those of the sets. KEYS: records, sizes, and the sets as for {@link compareAndSet}. ARGV: cursor. Returns the next one.
 */
export const restoreSets = `
local pattern = string.gsub(KEYS[1], '[%*%?%[%]\\\\]', '\\\\%0') .. '*'
local reply = redis.call('SCAN', ARGV[1], 'MATCH', pattern, 'COUNT', 1000, 'TYPE', 'hash')
for _, key in ipairs(reply[2]) do
  local place = string.sub(key, #KEYS[1] + 1)
  if not string.find(place, '%z') then place = place .. '\\0' end
  local copies = redis.call('HMGET', key, 'nextCheckAt', 'grantEndsAt', 'status', 'key', 'app', 'accountId')
  for i, value in ipairs(copies) do
    if value and i > 2 then redis.call('ZADD', KEYS[2 + i], 0, value .. '\\0' .. place)
    elseif value then redis.call('ZADD', KEYS[2 + i], value, place) end
  end
end
if reply[1] == '0' then
  for i, name in ipairs({'due', 'grants', 'status', 'keys', 'apps', 'accounts'}) do
    local size = redis.call('ZCARD', KEYS[2 + i])
    if size > 0 then redis.call('HSET', KEYS[2], name, size) else redis.call('HDEL', KEYS[2], name) end
  end
end
return reply[1]
`
