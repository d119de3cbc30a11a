-- The calls of the linked parts. Duplicates do not count. $from and $to bound
-- the parts that are joined at once.
create or replace temp table member as
select distinct l.part_of, l.eid
from link l
anti join duplicate d on d.eid = l.eid
where l.part_of >= $from and l.part_of < $to;

create or replace temp table part as
select m.part_of, m.eid, m.eid // 268435456 as segment, m.eid % 268435456 as row
from member m
semi join (select part_of from member group by part_of having count(*) between 2 and 4096) s on s.part_of = m.part_of;

-- Where an event stands: what the log of the provider says of who called and of
-- what was said, then gateways, traces, and clients' own accounts.
create or replace temp table shown as
select
    p.part_of, p.eid, e.format, e.plane, e.sequence,
    e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') as counted,
    {{role}} as role,
    coalesce(list_position({{formats}}, e.format), 0) as format_rank
from part p
join read_parquet({{all_events}}) e on e.segment = p.segment and e.row = p.row;

-- A part of more than 32 events that are no pieces of one call is no call but an
-- identifier that means nothing, such as a placeholder.
delete from shown where part_of in (select part_of from shown where sequence is null group by part_of having count(*) > 32);

-- Only parts with two events of one format need an order. Those that carry a
-- sequence are pieces of one call. The others are calls of their own that share
-- an id: events with different request ids (a retry that was given the same
-- response), or copies that are told apart by their order only. What is no log of
-- the provider belongs to the request whose id it has, or to that of its span; any
-- other id of a request in it is a gateway's own. Where the provider's logs are
-- missing, an id that two formats have is taken for one of its own, and so are the
-- ids of a format that is alone.
create or replace temp table crowded as
select part_of from shown group by part_of having count(*) > count(distinct format);

create or replace temp table placed as
with requested as (
    select s.*, i.evidence_id, e.ts, e.record, e.part, e.trace_id, e.span_id,
        case
            when bool_or(s.role in ('access', 'content')) over (partition by s.part_of, e.request_id) then e.request_id
            when bool_or(s.role in ('access', 'content')) over (partition by s.part_of) then null
            when min(s.format) over (partition by s.part_of, e.request_id) <> max(s.format) over (partition by s.part_of, e.request_id)
                or min(s.format) over (partition by s.part_of) = max(s.format) over (partition by s.part_of) then e.request_id
        end as own_request
    from shown s
    semi join crowded c on c.part_of = s.part_of
    join read_parquet({{all_events}}) e on e.segment = s.eid // 268435456 and e.row = s.eid % 268435456
    join evidence i on i.evidence = e.evidence
),
grouped as (
    select *, coalesce(own_request,
        case when span_id <> '' then min(own_request) over (partition by part_of, trace_id, span_id) end,
        min(own_request) over (partition by part_of), '') as request
    from requested
),
copied as (
    select *,
        case when sequence is not null then 1
            else row_number() over (partition by part_of, request, format, sequence is null order by ts, evidence_id, record, part) end as copy
    from grouped
)
select part_of, eid, format, plane, role, counted, format_rank, request, copy,
    row_number() over (partition by part_of, request, format, copy order by sequence, ts, evidence_id, record, part) as place,
    count(*) over (partition by part_of, request, format, copy) as places
from copied
union all
select part_of, eid, format, plane, role, counted, format_rank, '', 1, 1, 1
from shown s
anti join crowded c on c.part_of = s.part_of;

create or replace temp table ranked as
select part_of, request, copy, eid, plane, role, counted, place = places as lead,
    ((list_position(['access', 'content', 'gateway', 'trace', 'client', 'other'], role) * 256 + format_rank) * 4096 + place)::integer as who,
    ((list_position(['content', 'gateway', 'trace', 'client', 'access', 'other'], role) * 256 + format_rank) * 4096 + place)::integer as said,
    ((list_position(['content', 'gateway', 'trace', 'client', 'access', 'other'], role) * 256 + format_rank) * 4096 + places - place)::integer as last
from placed;

create or replace temp table formed as
select
    part_of, request, copy, min(eid) as call, count(*) as events, count(*) = count(distinct role) as simple,
    concat_ws('+', case when bool_or(plane = 'access') then 'access' end, case when bool_or(plane = 'content') then 'content' end,
        case when bool_or(plane = 'agent') then 'agent' end, case when bool_or(plane = 'control' or plane is null) then 'other' end) as planes,
    concat_ws('+', case when bool_or(role = 'access') then 'access' end, case when bool_or(role = 'content') then 'content' end,
        case when bool_or(role = 'gateway') then 'gateway' end, case when bool_or(role = 'trace') then 'trace' end,
        case when bool_or(role = 'client') then 'client' end, case when bool_or(role = 'other') then 'other' end) as roles,
    min(eid) filter (role = 'access') as who, min(eid) filter (role = 'content') as said, min(eid) filter (role = 'gateway') as gateway,
    min(eid) filter (role = 'trace') as trace, min(eid) filter (role = 'client') as client, min(eid) filter (role = 'other') as other,
    arg_min(eid, who) as best_who, arg_min(eid, said) as best_said
from ranked
group by part_of, request, copy
having bool_or(counted);

insert into call_event
select f.call, r.eid, r.plane, r.role, r.counted, r.lead, r.who, r.said, r.last
from ranked r
join formed f on f.part_of = r.part_of and f.request = r.request and f.copy = r.copy
order by r.eid;

insert into joined_call
select
    f.call,
    substr(sha256(coalesce(
        'request:' || coalesce(w.request_id, s.request_id), 'response:' || coalesce(w.response_id, s.response_id),
        'event:' || i.evidence_id || '-' || w.record || '.' || w.part
    )), 1, 16) || case when f.copy > 1 then '-' || f.copy else '' end as call_id,
    f.events, f.planes, f.roles,
    case when f.simple then f.who end, case when f.simple then f.said end, case when f.simple then f.gateway end,
    case when f.simple then f.trace end, case when f.simple then f.client end, case when f.simple then f.other end
from (
    select *, best_who // 268435456 as who_segment, best_who % 268435456 as who_row, best_said // 268435456 as said_segment, best_said % 268435456 as said_row
    from formed
) f
join read_parquet({{all_events}}) w on w.segment = f.who_segment and w.row = f.who_row
join read_parquet({{all_events}}) s on s.segment = f.said_segment and s.row = f.said_row
join evidence i on i.evidence = w.evidence
order by f.call;

-- The calls to merge, in portions: their columns are held in memory.
create or replace temp table merging as
select call, (row_number() over (order by call) - 1) // {{portion}} as portion
from formed
where not simple;
