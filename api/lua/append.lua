-- One event or outcome, once.
-- KEYS: seen, list, revision, journal
-- ARGV: 1 mark, 2 item, 3 items to keep, 4 now, 5 seconds a mark is remembered, 6 kind, 7 id, 8 customer id, 9 moment as text
-- Answers: 1 when it was new, 0 when it was known.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4] - ARGV[5])
if redis.call('ZADD', KEYS[1], 'NX', ARGV[4], ARGV[1]) == 0 then
  return 0
end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('INCR', KEYS[3])
redis.call('XADD', KEYS[4], '*', 'kind', ARGV[6], 'id', ARGV[7], 'customer', ARGV[8], 'at', ARGV[9], 'record', ARGV[2])
return 1
