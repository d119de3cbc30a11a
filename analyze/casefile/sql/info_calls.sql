-- Calls by the planes of the events that show them, and by how many events
-- these are. A call that one event shows is an event of a call's kind that is
-- no duplicate and no part of a joined call.
with shown_once as (
    select plane, events from minute where kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
    union all
    select e.plane, -1
    from duplicate d
    join events_all e on e.eid = d.eid
    where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
    union all
    select plane, -1 from call_event where counted
),
seen as (
    select plane as planes, 1 as events, sum(events)::bigint as calls from shown_once group by plane
    union all
    select planes, events, count(*) from joined_call group by planes, events
)
select planes, events, calls
from seen
where calls > 0
order by planes nulls last, events
