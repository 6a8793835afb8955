-- Redeems a proof: its entry begins with the time at which that happened, or with zeros.
-- Answers the entry as it was, or nothing where there is none.
--
-- KEYS[1] the entry            ARGV[1] now, 8 bytes        ARGV[2] ms to remember it from here
local value = redis.call('GET', KEYS[1])
if not value or #value < 8 then
  return false
end
if string.sub(value, 1, 8) == string.rep('\0', 8) then
  redis.call('SET', KEYS[1], ARGV[1] .. string.sub(value, 9), 'PX', ARGV[2])
end
return value
