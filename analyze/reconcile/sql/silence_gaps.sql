-- How many runs of empty minutes each source has.
with name as (
    select distinct format, coalesce(plane, '') as plane from minute
)
select n.format, n.plane, q.runs
from (select source, count(*) as runs from quiet group by source) q
join name n on hash(n.format, n.plane) = q.source
order by n.format, n.plane
