-- The events of the calls to start from.
select coalesce(c.eid, s.unit) as eid
from start s
left join call_event c on c.call = s.unit
order by eid
