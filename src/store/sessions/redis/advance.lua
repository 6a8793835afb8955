-- One step of one session: where the entry is live and at a stage that allows it, its head is replaced.
-- Answers the head that was there, or nothing where the step was not made.
--
-- KEYS[1] the entry            ARGV[1] version byte        ARGV[2] letters of the stages that allow the step
-- ARGV[3] state digest or ''   ARGV[4] the new head        ARGV[5] ms that an entry is readable after its end
-- ARGV[6] ms to keep it        ARGV[7] 'shorten' or 'prolong': whether a longer time that is left may be cut
local value = redis.call('GET', KEYS[1])
if not value or #value < 3 then
  return false
end
local left = redis.call('PTTL', KEYS[1])
if left <= tonumber(ARGV[5]) or string.sub(value, 1, 1) ~= ARGV[1] then
  return false
end
if not string.find(ARGV[2], string.sub(value, 2, 2), 1, true) then
  return false
end
if ARGV[3] ~= '' and string.sub(value, 4, 3 + #ARGV[3]) ~= ARGV[3] then
  return false
end
local keep = tonumber(ARGV[6])
if ARGV[7] == 'prolong' and left > keep then
  keep = left
end
local head_length = 3 + string.byte(value, 3) + 16
redis.call('SET', KEYS[1], ARGV[4] .. string.sub(value, head_length + 1), 'PX', keep)
return string.sub(value, 1, head_length)
