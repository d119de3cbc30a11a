-- The calls of the linked parts. Duplicates do not count; a part of more than
-- 32 events is no call but an identifier that means nothing, such as a
-- placeholder. Two events of one plane are two calls that share an id: events
-- with different request ids (a retry that was given the same response), or
-- copies that are told apart by their order only. $from and $to bound the parts
-- that are joined at once.
create or replace temp table member as
select distinct l.part_of, l.eid
from link l
anti join duplicate d on d.eid = l.eid
where l.part_of >= $from and l.part_of < $to;

create or replace temp table part as
select m.part_of, m.eid, m.eid // 268435456 as segment, m.eid % 268435456 as row
from member m
semi join (select part_of from member group by part_of having count(*) between 2 and 32) s on s.part_of = m.part_of;

create or replace temp table shown as
select p.part_of, p.eid, e.plane, '' as request, 1 as copy
from part p
join read_parquet({{all_events}}) e on e.segment = p.segment and e.row = p.row;

-- Only parts with two events of one plane need an order.
create or replace temp table crowded as
select distinct part_of from shown group by part_of, plane having count(*) > 1;

create or replace temp table ordered as
with requested as (
    select p.part_of, p.eid, e.plane, coalesce(e.request_id, min(e.request_id) over (partition by p.part_of), '') as request,
        e.ts, i.evidence_id, e.record, e.part
    from part p
    semi join crowded c on c.part_of = p.part_of
    join read_parquet({{all_events}}) e on e.segment = p.segment and e.row = p.row
    join evidence i on i.evidence = e.evidence
)
select part_of, eid, plane, request, row_number() over (partition by part_of, request, plane order by ts, evidence_id, record, part) as copy
from requested;

create or replace temp table formed as
select
    part_of, request, copy, count(*) as events,
    min(eid) filter (plane = 'access') as who, min(eid) filter (plane = 'content') as said,
    min(eid) filter (plane = 'agent') as agent, min(eid) filter (plane = 'control' or plane is null) as other
from (
    select s.* from shown s anti join crowded c on c.part_of = s.part_of
    union all
    select * from ordered
)
group by part_of, request, copy;

create or replace temp table named as
select
    substr(sha256(coalesce(
        'request:' || coalesce(w.request_id, s.request_id), 'response:' || coalesce(w.response_id, s.response_id),
        'event:' || i.evidence_id || '-' || w.record || '.' || w.part
    )), 1, 16) || case when f.copy > 1 then '-' || f.copy else '' end as call_id,
    f.part_of, f.request, f.copy, f.events, f.who, f.said, f.agent, f.other
from (
    select *, stands // 268435456 as any_segment, stands % 268435456 as any_row,
        said // 268435456 as said_segment, said % 268435456 as said_row
    from (select *, coalesce(who, said, agent, other) as stands from formed)
) f
join read_parquet({{all_events}}) w on w.segment = f.any_segment and w.row = f.any_row
left join read_parquet({{all_events}}) s on s.segment = f.said_segment and s.row = f.said_row
join evidence i on i.evidence = w.evidence;

insert into call_event
select n.call_id, m.eid, m.plane
from (
    select s.* from shown s anti join crowded c on c.part_of = s.part_of
    union all
    select * from ordered
) m
join named n on n.part_of = m.part_of and n.request = m.request and n.copy = m.copy
order by m.eid;

insert into joined_call
select
    call_id, events,
    concat_ws('+', case when who is not null then 'access' end, case when said is not null then 'content' end,
        case when agent is not null then 'agent' end, case when other is not null then 'other' end),
    who, said, agent, other
from named
order by part_of, request, copy;
