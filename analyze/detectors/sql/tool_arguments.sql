-- Tool calls whose arguments name a place, in order of time.
select eid, at_us, coalesce(actor, ''), coalesce(session, ''), coalesce(agent, actor, ''), coalesce(tool, ''), arguments
from tool_call
where arguments is not null
order by at_us, eid, id
