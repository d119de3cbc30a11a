-- The events that hold what is asked for, each thing and role once, without
-- duplicates, within the range of time, in the order of time and of the
-- evidence.
create or replace temp table met as
select h.thing, h.eid, h.role, e.ts, e.format, coalesce(c.call, h.eid) as unit,
    dense_rank() over (order by e.ts nulls last, i.evidence_id, e.record, e.part) as place
from held h
anti join duplicate d on d.eid = h.eid
join stored_event e on e.segment = h.eid // 268435456 and e.row = h.eid % 268435456
join evidence i on i.evidence = e.evidence
left join call_event c on c.eid = h.eid
where ($from is null or e.ts >= make_timestamptz($from)) and ($to is null or e.ts < make_timestamptz($to));

create or replace temp table chosen as
select distinct unit from met;
