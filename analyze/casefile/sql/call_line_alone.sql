-- Calls that one event shows.
insert into call_line
select e.eid, {{no_hashes}} hash({{words}}), {{alone_measures}}
from call_part e
anti join call_event c on c.eid = e.eid
anti join duplicate d on d.eid = e.eid
where e.counted;
