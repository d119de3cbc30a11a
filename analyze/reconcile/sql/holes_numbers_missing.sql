-- The gaps in the numbers with the given beginnings, the largest first.
with gap as (
    select * from hole_step
    where list_contains($prefixes, prefix) and number > before + 1
    order by number - before desc, prefix, number
    limit $limit
)
select g.prefix, g.before, g.number, b.event_id, e.event_id, g.before_ts, g.ts
from gap g
join events_all e on e.eid = g.eid
join events_all b on b.eid = g.before_eid
order by g.prefix, g.number
