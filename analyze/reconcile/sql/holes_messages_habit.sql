-- How many messages of each log name the one before, and of how many it is in
-- the case.
select format, count(*), count(*) filter (there)
from hole_message
group by format
order by format
