#!lua
-- Everything a decision leaves behind, at once.
-- KEYS: decision      ARGV: 1 tag with its colon, 2 customer id, 3 revision and digest of the question, 4 record,
--       5 seconds to keep it, 6 seconds it answers the same question, 7 now, 8 moment as text, 9 mark of the contact,
--       10 contact event, 11 history items to keep, 12 decision id
-- Answers: false, or the record another call stored first for the same question.
local tag, id, now, keep = ARGV[1], ARGV[2], ARGV[7], ARGV[5]
local asked = tag .. 'asked:' .. id .. ':' .. ARGV[3]
local earlier = redis.call('GET', asked)
if earlier then
  local stored = redis.call('GET', tag .. 'decision:' .. earlier)
  if stored then
    return stored
  end
end
redis.call('SET', KEYS[1], ARGV[4], 'EX', keep)
redis.call('SET', asked, ARGV[12], 'EX', ARGV[6])
local made = tag .. 'decisions:' .. id
redis.call('ZADD', made, now, ARGV[12])
redis.call('ZREMRANGEBYSCORE', made, '-inf', now - keep)
redis.call('EXPIRE', made, keep)
local seen = tag .. 'seen:' .. id
if redis.call('ZADD', seen, 'NX', now, ARGV[9]) == 1 then
  redis.call('ZREMRANGEBYSCORE', seen, '-inf', now - keep)
  local history = tag .. 'history:' .. id
  redis.call('RPUSH', history, ARGV[10])
  redis.call('LTRIM', history, -ARGV[11], -1)
end
redis.call('XADD', tag .. 'journal', '*', 'kind', 'decision', 'id', ARGV[12], 'customer', id, 'at', ARGV[8])
return false
