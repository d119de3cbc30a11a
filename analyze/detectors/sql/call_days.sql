-- The days on which the logs hold calls, with the first and the last of each.
select at_us // 86400000000 as day, min(at_us) as first_us, max(at_us) as last_us
from call
group by day
order by day
