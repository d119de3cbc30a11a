-- The days (UTC, since 1970) with calls.
select distinct at_us // 86400000000 as day
from call
order by day
