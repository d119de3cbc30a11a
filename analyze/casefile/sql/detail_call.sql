-- The events of the call that the given event, or the one it repeats, is part
-- of, and on which columns they differ.
with self as (
    select coalesce((select min(of_eid) from duplicate where eid = $eid), $eid) as eid
)
select m.eid, j.disagreements
from call_event e
join self s on s.eid = e.eid
join call_event m on m.call_id = e.call_id
join calls j on j.call_id = m.call_id
order by m.eid
