-- Events that show a call that no other event shows.
create or replace temp table call_single as
select e.eid
from call_part e
anti join call_event c on c.eid = e.eid
anti join duplicate d on d.eid = e.eid
where e.counted;
