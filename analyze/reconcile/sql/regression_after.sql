-- How an evidence goes on after a step back: how many records it takes to come
-- to where it was, the time of the last of them, whether it comes there at all,
-- and the earliest time before the step.
with part as (
    select eid, $direction * epoch_us(ts) as ts
    from events_all e
    anti join copied d on d.eid = e.eid
    where evidence_id = $evidence and ts >= '2000-01-01' and ts < '2200-01-01'
),
resumed as (
    select min(eid) as eid from part where eid > $at and ts >= $direction * $before_ts
)
select
    count_if(p.eid >= $at and (r.eid is null or p.eid < r.eid)),
    coalesce(arg_max(p.ts, p.eid) filter (where p.eid >= $at and (r.eid is null or p.eid < r.eid)), 0),
    bool_or(r.eid is not null),
    coalesce(min(p.ts) filter (where p.eid <= $before), 0)
from part p, resumed r
