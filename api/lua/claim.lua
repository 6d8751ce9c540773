#!lua
-- Who is the first with an idempotency key.
-- KEYS: what is kept under it      ARGV: claim, seconds it stands
-- Answers: false when the claim stands now, else what is kept: another's claim, or the answer that was given.
local there = redis.call('GET', KEYS[1])
if there then
  return there
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return false
