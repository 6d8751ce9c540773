-- A customer as he is now.
-- KEYS: customer, revision      ARGV: the customer
-- Answers: 1 when that changed something, 0 when it was the same.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('INCR', KEYS[2])
return 1
