#!lua
-- A customer as he is now.
-- KEYS: customer      ARGV: tag with its colon, customer id, the customer
-- Answers: 1 when that changed something, 0 when it was the same.
if redis.call('GET', KEYS[1]) == ARGV[3] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
redis.call('INCR', ARGV[1] .. 'revision:' .. ARGV[2])
return 1
