#!lua
-- A customer as he is now.
-- KEYS: customer      ARGV: 1 tag with its colon, 2 customer id, 3 the customer, 4 when that was written, in microseconds of the
--       writer's clock, 5 who wrote it, 6 1 when it comes late
-- Answers: 1 when that changed something, 0 when it was the same, or older than what is there.
local tag, id = ARGV[1], ARGV[2]
local written = tag .. 'written:' .. id
local before = redis.call('GET', written)
if before then
  -- One clock tells for itself what came first; two are compared only where the order of arrival tells nothing.
  local at, writer = string.match(before, '^(%d+) (.*)$')
  if at and tonumber(ARGV[4]) < tonumber(at) and (ARGV[6] == '1' or writer == ARGV[5]) then
    return 0
  end
end
local same = redis.call('GET', KEYS[1]) == ARGV[3]
redis.call('SET', written, ARGV[4] .. ' ' .. ARGV[5])
if same then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
redis.call('INCR', tag .. 'revision:' .. id)
return 1
