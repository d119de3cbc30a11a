-- The calls of the given events, of calls that more than one event shows.
select eid, call_id
from call_event
where eid in ({{eids}})
order by eid, call_id
