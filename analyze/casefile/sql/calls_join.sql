-- The calls of the linked parts. Duplicates do not count; a part of more than
-- 32 events is no call but an identifier that means nothing, such as a
-- placeholder. Two events of one plane are two calls that share an id.
create or replace temp table part as
with member as (
    select distinct l.part_of, l.eid
    from link l
    anti join duplicate d on d.eid = l.eid
),
size as (
    select part_of from member group by part_of having count(*) between 2 and 32
)
select m.part_of, m.eid, m.eid // 268435456 as segment, m.eid % 268435456 as row
from member m
semi join size s on s.part_of = m.part_of;

create or replace temp table member as
select
    p.part_of, p.eid, e.plane, e.request_id, e.response_id, i.evidence_id || '-' || e.record || '.' || e.part as id,
    row_number() over (partition by p.part_of, e.plane order by e.ts, i.evidence_id, e.record, e.part) as copy
from part p
join read_parquet({{all_events}}) e on e.segment = p.segment and e.row = p.row
join evidence i on i.evidence = e.evidence;

create or replace temp table formed as
select
    substr(sha256(coalesce('request:' || min(request_id), 'response:' || min(response_id), 'event:' || min(id))), 1, 16)
        || case when copy > 1 then '-' || copy else '' end as call_id,
    part_of, copy, count(*) as events,
    min(eid) filter (plane = 'access') as who, min(eid) filter (plane = 'content') as said,
    min(eid) filter (plane = 'agent') as agent, min(eid) filter (plane = 'control' or plane is null) as other
from member
group by part_of, copy;

create or replace temp table gone as
select distinct call_id from call_event where eid in (select eid from link);
delete from joined_call where call_id in (select call_id from gone);
delete from call_event where call_id in (select call_id from gone);

insert into call_event
select f.call_id, m.eid, m.plane
from member m
join formed f on f.part_of = m.part_of and f.copy = m.copy
order by 1, 2;

insert into joined_call
select
    call_id, events,
    concat_ws('+', case when who is not null then 'access' end, case when said is not null then 'content' end,
        case when agent is not null then 'agent' end, case when other is not null then 'other' end),
    who, said, agent, other
from formed
order by call_id;
