-- Events by plane and kind without duplicates. The roll-up per minute counts
-- duplicates, so they are taken off.
with counted as (
    select plane, kind, events from minute
    union all
    select e.plane, e.kind, -1
    from duplicate d
    join events_all e on e.eid = d.eid
)
select plane, kind, sum(events)::bigint as events
from counted
group by plane, kind
having sum(events) > 0
order by plane nulls last, kind nulls last
