-- Calls that one event shows.
select eid, {{columns}}, null::varchar as cost_basis
from call_part e
anti join call_event c on c.eid = e.eid
anti join duplicate d on d.eid = e.eid
where e.counted
