-- The calls of the events to start from; an event that shows none stands for
-- itself.
create or replace temp table start as
select distinct coalesce(c.call, s.eid) as unit
from (select unnest($eids) as eid) s
left join call_event c on c.eid = s.eid;
