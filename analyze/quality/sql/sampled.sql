-- Of the calls that one source shows, how many another shows as well: in ten
-- slices of the time in which both show any, and by who called what. Calls that
-- failed are left out, for some logs do not show them. squares and calls are
-- sums over the traces that the other shows: of the squared number of their
-- calls and of that number.
with shown as (
    select coalesce(c.call, e.eid) as call, min(epoch_us(e.ts)) as ts,
        min(hash(e.principal, e.model, e.operation, e.app, e.region) % 16) as cell
    from events e
    left join call_event c on c.eid = e.eid
    where e.format = $format and e.ts is not null and coalesce(e.outcome, 'success') in ('success', 'unknown')
        and e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
    group by coalesce(c.call, e.eid)
),
other as (
    select coalesce(c.call, e.eid) as call, min(coalesce(e.trace_id, e.session_id, e.event_id)) as trace
    from events e
    left join call_event c on c.eid = e.eid
    where e.format = $other
    group by coalesce(c.call, e.eid)
),
compared as (
    select s.ts, s.cell, o.trace, o.call is not null as joined
    from shown s
    left join other o on o.call = s.call
),
span as (
    select min(ts) as first, max(ts) as last from compared where joined
),
placed as (
    select c.*, least(9, coalesce((c.ts - s.first) * 10 // nullif(s.last - s.first, 0), 0)) as slice
    from compared c
    join span s on c.ts between s.first and s.last
),
traces as (
    select count(*) as calls from placed where joined group by trace
)
select slice is null as by_cell, coalesce(slice, cell) as place, count(*) as shown, count(*) filter (joined) as both,
    (select sum(calls * calls)::bigint from traces) as squares, (select sum(calls)::bigint from traces) as calls
from placed
group by grouping sets ((slice), (cell))
order by by_cell, place
