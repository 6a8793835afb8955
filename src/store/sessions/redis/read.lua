-- An entry and the milliseconds it has left, at one moment. KEYS[1] the entry.
local value = redis.call('GET', KEYS[1])
if not value then
  return false
end
return { value, redis.call('PTTL', KEYS[1]) }
