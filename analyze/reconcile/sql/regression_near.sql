-- The records around a step, five on each side, in the order in which they were
-- written.
with line as (
    select eid, event_id, epoch_us(ts) as ts, record
    from events_all e
    anti join copied d on d.eid = e.eid
    where evidence_id = $evidence and ts >= '2000-01-01' and ts < '2200-01-01'
)
select eid, event_id, ts, record, coalesce((select min(path) from evidence i where i.evidence_id = $evidence), '')
from (
    (select * from line where eid <= $before order by eid desc limit 5)
    union all
    (select * from line where eid >= $at order by eid limit 5)
)
order by eid
