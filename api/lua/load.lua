#!lua flags=no-writes
-- Everything a decision needs, in one call.
-- KEYS: customer      ARGV: tag with its colon, customer id, digest of the question
-- Answers: customer or false, revision, history as JSON, the record of this very question or false.
-- The other keys are made here: they have the tag of KEYS[1], and the last two depend on what is read.
local tag, id = ARGV[1], ARGV[2]
local revision = redis.call('GET', tag .. 'revision:' .. id) or '0'
local events = table.concat(redis.call('LRANGE', tag .. 'history:' .. id, 0, -1), ',')
local outcomes = redis.call('LRANGE', tag .. 'saves:' .. id, 0, -1)
for _, item in ipairs(redis.call('LRANGE', tag .. 'outcomes:' .. id, 0, -1)) do
  outcomes[#outcomes + 1] = item
end
local history = '{"events":[' .. events .. '],"outcomes":[' .. table.concat(outcomes, ',') .. ']}'
local stored = false
local asked = redis.call('GET', tag .. 'asked:' .. id .. ':' .. revision .. ':' .. ARGV[3])
if asked then
  stored = redis.call('GET', tag .. 'decision:' .. asked)
end
return { redis.call('GET', KEYS[1]), revision, history, stored }
