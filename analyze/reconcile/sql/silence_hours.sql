-- The minutes with events of each source per hour.
with name as (
    select distinct format, coalesce(plane, '') as plane from minute
)
select n.format, n.plane, b.hour, b.minutes
from (select source, ts // 3600000000 as hour, count(*) as minutes from busy group by all) b
join name n on hash(n.format, n.plane) = b.source
order by n.format, n.plane, b.hour
