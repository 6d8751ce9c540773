#!lua
-- Everything a decision leaves behind, at once.
-- KEYS: decision      ARGV: 1 tag with its colon, 2 customer id, 3 revision and digest of the question, 4 decision id,
--       5 record, 6 seconds to keep it, 7 seconds it answers the same question, 8 moment as text,
--       9 contact event (empty: it is in the history), 10 history items to keep, 11 what the learner is told of it (empty: nothing),
--       12 second seed of the contact, 13 cents given up by exploring, 14 the day they count for
-- Answers: false, or the record another call stored first for the same question. A decision that is there already stays as it is.
local tag, id = ARGV[1], ARGV[2]
local asked = tag .. 'asked:' .. id .. ':' .. ARGV[3]
local earlier = redis.call('GET', asked)
if earlier then
  local stored = redis.call('GET', tag .. 'decision:' .. earlier)
  if stored then
    return stored
  end
end
if not redis.call('SET', KEYS[1], ARGV[5], 'EX', ARGV[6], 'NX') then
  return false
end
redis.call('SET', asked, ARGV[4], 'EX', ARGV[7])
local made = tag .. 'decisions:' .. id
if redis.call('RPUSH', made, ARGV[4]) % 50 == 0 then
  -- The oldest come first; those that have expired are forgotten here too.
  local oldest = redis.call('LINDEX', made, 0)
  while oldest and redis.call('EXISTS', tag .. 'decision:' .. oldest) == 0 do
    redis.call('LPOP', made)
    oldest = redis.call('LINDEX', made, 0)
  end
end
if ARGV[9] ~= '' then
  local contacts = tag .. 'contacts:' .. id
  if redis.call('RPUSH', contacts, ARGV[9]) > tonumber(ARGV[10]) then
    redis.call('LTRIM', contacts, -ARGV[10], -1)
  end
end
if ARGV[11] == '' then
  redis.call('XADD', tag .. 'journal', '*', 'kind', 'decision', 'id', ARGV[4], 'customer', id, 'at', ARGV[8])
else
  redis.call('XADD', tag .. 'journal', '*', 'kind', 'decision', 'id', ARGV[4], 'customer', id, 'at', ARGV[8], 'lesson', ARGV[11])
end
local cents = tonumber(ARGV[13])
if cents > 0 then
  -- A contact counts once, with the dearest of its decisions.
  local given = tag .. 'explored:' .. ARGV[14]
  local before = tonumber(redis.call('HGET', given, ARGV[12]) or 0)
  if cents > before then
    redis.call('HSET', given, ARGV[12], cents)
    redis.call('HINCRBY', given, '', cents - before)
    redis.call('EXPIRE', given, 172800)
  end
end
return false
