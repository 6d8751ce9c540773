#!lua
-- One event or outcome, once.
-- KEYS: list      ARGV: 1 tag with its colon, 2 customer id, 3 mark, 4 item as told, 5 items to keep, 6 now,
--       7 seconds a mark is remembered, 8 kind, 9 id of the item, 10 moment as text, 11 the item as the history takes it;
--       where stock is counted: 12 action, 13 contact, 14 what it takes, 1, or gives back, -1 (empty: it is not);
--       where it exposes to experiments, from 15 on in pairs: mark, and what is logged of it once
-- Answers: 1 when it was new, 0 when it was known.
local tag, id = ARGV[1], ARGV[2]
local seen = tag .. 'seen:' .. id
redis.call('ZREMRANGEBYSCORE', seen, '-inf', ARGV[6] - ARGV[7])
if redis.call('ZADD', seen, 'NX', ARGV[6], ARGV[3]) == 0 then
  return 0
end
for _, step in ipairs({{'INCR', tag .. 'revision:' .. id}, {'RPUSH', KEYS[1], ARGV[11]}}) do
  local done = redis.pcall(unpack(step))
  if type(done) == 'table' and done.err then
    redis.call('ZREM', seen, ARGV[3])  -- what is under that key is broken: it was not taken
    return done
  end
end
redis.call('LTRIM', KEYS[1], -ARGV[5], -1)
if ARGV[12] and ARGV[12] ~= '' then
  -- Once a contact and action, whoever tells of it; what never went out does not come back.
  local mark, counted = 's:' .. ARGV[13] .. ' ' .. ARGV[12], nil
  if ARGV[14] == '1' then
    counted = redis.call('ZADD', seen, 'NX', ARGV[6], mark)
  else
    counted = redis.call('ZREM', seen, mark)
  end
  if counted == 1 then
    redis.call('HINCRBY', tag .. 'stock', ARGV[12], ARGV[14])
  end
end
redis.call('XADD', tag .. 'journal', '*', 'kind', ARGV[8], 'id', ARGV[9], 'customer', id, 'at', ARGV[10], 'record', ARGV[4])
for at = 15, #ARGV, 2 do
  if redis.call('ZADD', seen, 'NX', ARGV[6], ARGV[at]) == 1 then
    redis.call('XADD', tag .. 'journal', '*', 'kind', 'exposure', 'id', ARGV[9], 'customer', id, 'at', ARGV[10], 'record', ARGV[at + 1])
  end
end
return 1
