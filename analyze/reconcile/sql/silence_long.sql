-- The longer runs of empty minutes.
with name as (
    select distinct format, coalesce(plane, '') as plane from minute
)
select n.format, n.plane, q.first, q.last
from quiet q
join name n on hash(n.format, n.plane) = q.source
where q.last - q.first >= $least
order by n.format, n.plane, q.first
