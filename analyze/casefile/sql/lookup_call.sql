-- The calls of the given events, of calls that more than one event shows.
select e.eid, j.call_id
from call_event e
join joined_call j on j.call = e.call
where e.eid in ({{eids}})
order by e.eid, j.call_id
