-- Everything a decision leaves behind, at once.
-- KEYS: decision, asked, decisions of the customer, history, seen, journal
-- ARGV: 1 decision id, 2 record, 3 seconds to keep it, 4 seconds it answers the same question, 5 now, 6 customer id,
--       7 moment as text, 8 mark of the contact, 9 contact event, 10 history items, 11 prefix of decision keys
-- Answers: false, or the record another call stored first for the same question.
local earlier = redis.call('GET', KEYS[2])
if earlier then
  local stored = redis.call('GET', ARGV[11] .. earlier)
  if stored then
    return stored
  end
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[5] - ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
if redis.call('ZADD', KEYS[5], 'NX', ARGV[5], ARGV[8]) == 1 then
  redis.call('RPUSH', KEYS[4], ARGV[9])
  redis.call('LTRIM', KEYS[4], -ARGV[10], -1)
end
redis.call('XADD', KEYS[6], '*', 'kind', 'decision', 'id', ARGV[1], 'customer', ARGV[6], 'at', ARGV[7])
return false
