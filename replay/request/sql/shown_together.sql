-- The events of the calls that the given events are part of, of calls that more
-- than one event shows.
select e.eid as given, m.eid
from call_event e
join call_event m on m.call = e.call
where e.eid in (select unnest($eids))
order by all
