#!lua
-- What became of a claim; nothing where it stands no more.
-- KEYS: what is kept under the idempotency key      ARGV: claim, answer (empty: there is none, the key may be used again), seconds to keep it
-- Answers: 1 when it was settled.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
