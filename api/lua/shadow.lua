#!lua
-- What a challenger would have answered: once, beside the decision, and gone when that is.
-- KEYS: shadow      ARGV: 1 tag with its colon, 2 customer id, 3 decision id, 4 the shadow, 5 moment as text
-- Answers: 1 when it was new, 0 when another process was first or the decision has been erased.
local left = redis.call('PTTL', ARGV[1] .. 'decision:' .. ARGV[3])
if left == -2 or redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('SET', KEYS[1], ARGV[4])
if left >= 0 then
  redis.call('PEXPIRE', KEYS[1], math.max(left, 1))
end
redis.call('XADD', ARGV[1] .. 'journal', '*', 'kind', 'shadow', 'id', ARGV[3], 'customer', ARGV[2], 'at', ARGV[5])
return 1
