import { clock, readFields } from './scripts.ts'

/**
 * The scripts of this file have the same KEYS: set, sizes, records; the last is what the names of records begin with.
 * All but `reserve` return the text LOST instead of a list if the set has not as many members as writes have given it.
 */
const intact = `
local name = string.match(KEYS[1], '{bucket%-%d+}:(%a+):')
if redis.call('ZCARD', KEYS[1]) ~= tonumber(redis.call('HGET', KEYS[2], name) or 0) then return 'LOST' end
`

const places = `${intact}
local found = {}
local function collect(group)
  local from = ARGV[1] .. group .. '\\0' .. ARGV[2]
  local members = redis.call('ZRANGEBYLEX', KEYS[1], from, '(' .. group .. ARGV[3], 'LIMIT', 0, ARGV[4])
  for i, member in ipairs(members) do members[i] = string.sub(member, #group + 2) end
  found[#found + 1] = members
end
`

/**
 * For a set by value. ARGV: '[' or '(', the place that the range begins with or after, what follows the value at its
 * end, count, the values. Returns a list of places for each value.
 */
export const placesWith = `${places}
for i = 5, #ARGV do collect(ARGV[i]) end
return found
`

/** As {@link placesWith}, for each value but the one given. */
export const placesWithOther = `${places}
local from = '-'
while true do
  local member = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 1)[1]
  if not member then return found end
  local group = string.match(member, '^[^%z]*')
  if group ~= ARGV[5] then collect(group) end
  from = '[' .. group .. '\\1'
end
`

/** For a set by value. ARGV: as for {@link placesWith}, without count. Returns the number of places for each value. */
export const countWith = `${intact}
local found = {}
for i = 4, #ARGV do
  local from = ARGV[1] .. ARGV[i] .. '\\0' .. ARGV[2]
  found[#found + 1] = tostring(redis.call('ZLEXCOUNT', KEYS[1], from, '(' .. ARGV[i] .. ARGV[3]))
end
return found
`

/** Lua: `walk` visits the members of KEYS[1] behind a place, up to a score, until `visit` returns true. */
const walk = `
local function isUpTo(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a <= #b
end
local function rankAfter(score, place)
  if score == '' then return 0 end
  local low = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', KEYS[1], score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isUpTo(redis.call('ZRANGE', KEYS[1], middle, middle)[1], place) then low = middle + 1 else high = middle end
  end
  return low
end
local function walk(rank, last, count, visit)
  local size = math.max(16, math.min(count, 1000))
  while true do
    local members = redis.call('ZRANGE', KEYS[1], rank, rank + size - 1, 'WITHSCORES')
    for i = 1, #members, 2 do
      if tonumber(members[i + 1]) > last or visit(members[i], members[i + 1]) then return end
    end
    if #members < 2 * size then return end
    rank = rank + size
  end
end
`

/** For a set by time. ARGV: the latest time, count, time and place to start after or ''. Returns place, time in turn. */
export const placesUpTo = `${intact}${walk}
local found, count = {}, tonumber(ARGV[2])
walk(rankAfter(ARGV[3], ARGV[4]), tonumber(ARGV[1]), count, function(place, score)
  found[#found + 1] = place
  found[#found + 1] = score
  return #found == 2 * count
end)
return found
`

const reservations = `${clock}
local function recordOf(place)
  if string.byte(place, -1) == 0 then place = string.sub(place, 1, -2) end
  return KEYS[3] .. place
end
local function isFree(place, length)
  local values = redis.pcall('HMGET', recordOf(place), 'revision', 'reservedUntil')
  if values.err then return true end
  if not values[1] and redis.call('EXISTS', recordOf(place)) == 0 then return false end
  local ends = tonumber(values[2] or '')
  return not ends or ends <= now() or ends > now() + 2 * length
end
`

/** For due. ARGV: now or '', length, then as for {@link placesUpTo}, of which the reserved ones are left out. */
export const freePlacesUpTo = `${intact}${walk}${reservations}
local found, count, length = {}, tonumber(ARGV[4]), tonumber(ARGV[2])
walk(rankAfter(ARGV[5], ARGV[6]), tonumber(ARGV[3]), count, function(place, score)
  if not isFree(place, length) then return false end
  found[#found + 1] = place
  found[#found + 1] = score
  return #found == 2 * count
end)
return found
`

/**
 * For due. ARGV: now or '', length, the latest time, count, places to skip. Reserves the first that are free. Returns
 * place, time and fields of each. A key that is no hash is returned, but cannot be reserved and does not count.
 */
export const reserve = `${walk}${reservations}${readFields}
local skipped = {}
for i = 5, #ARGV do skipped[ARGV[i]] = true end
local found, reserved, count, length = {}, 0, tonumber(ARGV[4]), tonumber(ARGV[2])
walk(0, tonumber(ARGV[3]), count, function(place, score)
  if skipped[place] or not isFree(place, length) then return false end
  local values = readFields(recordOf(place))
  if type(values) == 'table' then
    redis.call('HSET', recordOf(place), 'reservedUntil', whole(now() + length))
    reserved = reserved + 1
  end
  found[#found + 1] = {place, score, values}
  return reserved == count
end)
return found
`

/** For grants. ARGV: places. Returns the end of each grant. */
export const grantEnds = `${intact}
return redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
`

/** For grants. ARGV: the latest time. Returns days since 1970 and the number of grants that end on them, in turn. */
export const grantDays = `${intact}
local length, last, from, found = 86400000, tonumber(ARGV[1]), '-inf', {}
local function whole(number) return string.format('%.0f', number) end
while true do
  local first = redis.call('ZRANGEBYSCORE', KEYS[1], from, ARGV[1], 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if not first then return found end
  local day = math.floor(tonumber(first) / length)
  found[#found + 1] = whole(day)
  found[#found + 1] = tostring(redis.call('ZCOUNT', KEYS[1], first, whole(math.min(last, (day + 1) * length - 1))))
  from = whole((day + 1) * length)
end
`
