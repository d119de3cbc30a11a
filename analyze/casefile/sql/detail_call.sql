-- The events of the call that the given event, or the one it repeats, is part
-- of.
with self as (
    select coalesce((select min(of_eid) from duplicate where eid = $eid), $eid) as eid
)
select m.eid
from call_event e
join self s on s.eid = e.eid
join call_event m on m.call = e.call
order by m.eid
