-- How the ids with one beginning count: how many there are, how often the next
-- is one more, and how often it is not before the other in time.
select prefix, count(*), count(*) filter (number = before + 1), count(*) filter (number > before + 1),
    count(*) filter (ts >= before_ts), count(*) filter (ts is not null and before_ts is not null)
from hole_step
group by prefix
having count(*) >= $least
order by prefix
