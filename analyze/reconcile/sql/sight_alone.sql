-- The tables sight, seen_by and saw where one source shows all calls, each by one
-- event: there is nothing to compare, so what is compared is not read.
create or replace temp table sight as
select e.eid as call, e.eid, e.format, e.plane, null::varchar as role, e.ts
from stored_event e
anti join duplicate d on d.eid = e.eid
anti join repeat r on r.eid = e.eid
where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail');

create or replace temp table seen_by as
select format, plane, max(role) as role, 0 as bit, count(*) as events
from sight
group by format, plane;

create or replace temp table saw as
select call, 1::bigint as mask
from sight;
