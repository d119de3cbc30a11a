-- And what else shows the same calls, for one log says who, and another what.
insert into subject_event
select c.eid
from call_event c
anti join duplicate d on d.eid = c.eid
where c.call in (select call from call_event where eid in (select eid from subject_event))
    and c.eid not in (select eid from subject_event)
