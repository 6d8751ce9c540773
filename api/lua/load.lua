#!lua flags=no-writes
-- Everything a decision needs, in one call.
-- KEYS: customer      ARGV: tag with its colon, customer id, digest of the question
-- Answers one string, which is read faster than a list: revision, length of the customer, length of the history, then the
-- customer, the history as JSON and the record of this very question; what is not there is empty. Of more than 8 MB it says so only.
-- The other keys are made here: they have the tag of KEYS[1], and the last two depend on what is read.
local tag, id = ARGV[1], ARGV[2]
local customer = redis.call('GET', KEYS[1]) or ''
local revision = redis.call('GET', tag .. 'revision:' .. id) or '0'
local events = redis.call('LRANGE', tag .. 'history:' .. id, 0, -1)
for _, list in ipairs({'contacts:', 'troubles:'}) do
  for _, item in ipairs(redis.call('LRANGE', tag .. list .. id, 0, -1)) do
    events[#events + 1] = item
  end
end
local outcomes = redis.call('LRANGE', tag .. 'saves:' .. id, 0, -1)
for _, item in ipairs(redis.call('LRANGE', tag .. 'outcomes:' .. id, 0, -1)) do
  outcomes[#outcomes + 1] = item
end
local history = '{"events":[' .. table.concat(events, ',') .. '],"outcomes":[' .. table.concat(outcomes, ',') .. ']}'
if #customer + #history > 8000000 then
  return redis.error_reply('TOOLARGE ' .. #customer .. ' bytes of customer and ' .. #history .. ' of history')
end
local stored = ''
local asked = redis.call('GET', tag .. 'asked:' .. id .. ':' .. revision .. ':' .. ARGV[3])
if asked then
  stored = redis.call('GET', tag .. 'decision:' .. asked) or ''
end
return revision .. ' ' .. #customer .. ' ' .. #history .. ' ' .. customer .. history .. stored
