-- Everything a decision needs, in one call.
-- KEYS: customer, revision, history, outcomes, saves      ARGV: digest, prefix of asked keys, prefix of decision keys
-- Answers: customer or false, revision, history as JSON, the stored decision of this very question or false.
-- The asked and decision keys are made here because they depend on what is read; their tag is that of KEYS.
local revision = redis.call('GET', KEYS[2]) or '0'
local events = table.concat(redis.call('LRANGE', KEYS[3], 0, -1), ',')
local outcomes = redis.call('LRANGE', KEYS[5], 0, -1)
for _, item in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do
  outcomes[#outcomes + 1] = item
end
local history = '{"events":[' .. events .. '],"outcomes":[' .. table.concat(outcomes, ',') .. ']}'
local stored = false
local id = redis.call('GET', ARGV[2] .. revision .. ':' .. ARGV[1])
if id then
  stored = redis.call('GET', ARGV[3] .. id)
end
return { redis.call('GET', KEYS[1]), revision, history, stored }
