-- What time the events of each format and plane span, by the minute.
select format, plane, min(ts), max(ts) + interval 1 minute, sum(events)::bigint
from minute
group by format, plane
order by format, plane nulls last
