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
select m.part_of, m.eid
from member m
semi join size s on s.part_of = m.part_of;

create or replace temp table call_row as
select
    p.part_of, e.segment * 268435456 + e.row as eid,
    row_number() over (partition by p.part_of, e.plane order by e.ts, i.evidence_id, e.record, e.part) as copy,
    case e.plane when 'access' then 1 when 'content' then 2 when 'agent' then 3 when 'control' then 4 else 5 end as who_rank,
    case e.plane when 'content' then 1 when 'agent' then 2 when 'access' then 3 when 'control' then 4 else 5 end as said_rank,
    i.evidence_id, e.* exclude (segment, row, evidence)
from read_parquet({{all_events}}) e
join part p on p.eid = e.segment * 268435456 + e.row
join evidence i on i.evidence = e.evidence;

create or replace temp table call_name as
select part_of, copy,
    substr(sha256(coalesce('request:' || min(request_id), 'response:' || min(response_id), 'event:' || min(evidence_id || '-' || record || '.' || part))), 1, 16)
        || case when copy > 1 then '-' || copy else '' end as call_id
from call_row
group by part_of, copy;

create or replace temp table gone as
select distinct call_id from call_event where eid in (select eid from link);
delete from joined_call where call_id in (select call_id from gone);
delete from call_event where call_id in (select call_id from gone);

insert into call_event
select n.call_id, r.eid, r.plane
from call_row r
join call_name n on n.part_of = r.part_of and n.copy = r.copy
order by 1, 2;

insert into joined_call
select
    n.call_id,
    arg_min(r.eid, r.said_rank),
    count(*),
    string_agg(r.plane, '+' order by r.who_rank),
    coalesce(min(r.ts) filter (r.said_rank = 1), min(r.ts)), max(r.ts_end),
    arg_min(r.latency_us, r.said_rank), arg_min(r.ttft_us, r.said_rank),
    arg_min(r.kind, r.said_rank), arg_min(r.operation, r.said_rank),
    case when bool_or(r.outcome = 'blocked') then 'blocked' when bool_or(r.outcome = 'denied') then 'denied'
        when bool_or(r.outcome = 'throttled') then 'throttled' when bool_or(r.outcome = 'error') then 'error'
        else arg_min(r.outcome, r.said_rank) end,
    arg_min(r.error_code, r.said_rank), arg_min(r.http_status, r.said_rank),
    arg_min(r.principal, r.who_rank), arg_min(r.principal_type, r.who_rank), arg_min(r.principal_issuer, r.who_rank), arg_min(r.role, r.who_rank),
    arg_min(r.credential_id, r.who_rank), arg_min(r.credential_kind, r.who_rank), arg_min(r.source_identity, r.who_rank), arg_min(r.end_user, r.said_rank), arg_min(r.tenant, r.who_rank),
    arg_min(r.src_ip, r.who_rank), arg_min(r.user_agent, r.who_rank), arg_min(r.client, r.who_rank),
    arg_min(r.provider, r.who_rank), arg_min(r.service, r.who_rank), arg_min(r.endpoint, r.who_rank), arg_min(r.model, r.said_rank), arg_min(r.model_response, r.said_rank),
    arg_min(r.deployment, r.said_rank), arg_min(r.region, r.who_rank), arg_min(r.inference_region, r.said_rank), arg_min(r.app, r.said_rank),
    arg_min(r.request_id, r.said_rank), arg_min(r.trace_id, r.said_rank), arg_min(r.session_id, r.said_rank), arg_min(r.response_id, r.said_rank),
    arg_min(r.input_tokens, r.said_rank), arg_min(r.output_tokens, r.said_rank), arg_min(r.cache_read_tokens, r.said_rank), arg_min(r.cache_write_tokens, r.said_rank),
    arg_min(r.reasoning_tokens, r.said_rank), arg_min(r.cost_usd, r.said_rank), arg_min(r.cost_basis, r.said_rank),
    coalesce(min(r.content_state) filter (r.content_state <> 'not_logged' and r.said_rank = 1), min(r.content_state) filter (r.content_state <> 'not_logged'), min(r.content_state)),
    arg_min(r.finish_reason, r.said_rank), arg_min(r.stream, r.said_rank), arg_min(r.guardrail_action, r.said_rank),
    arg_min(r.destination, r.said_rank), arg_min(r.bytes_in, r.said_rank), arg_min(r.bytes_out, r.said_rank), arg_min(r.data_format, r.said_rank),
    arg_min(r.system_prompt_hash, r.said_rank), arg_min(r.prompt_hash, r.said_rank), arg_min(r.response_hash, r.said_rank),
    nullif(concat_ws(',',
        case when count(distinct r.principal) > 1 then 'principal' end, case when count(distinct r.model) > 1 then 'model' end, case when count(distinct r.operation) > 1 then 'operation' end, case when count(distinct r.outcome) > 1 then 'outcome' end, case when count(distinct r.region) > 1 then 'region' end, case when count(distinct r.error_code) > 1 then 'error_code' end,
        case when count(distinct r.input_tokens) > 1 then 'input_tokens' end, case when count(distinct r.output_tokens) > 1 then 'output_tokens' end, case when count(distinct r.session_id) > 1 then 'session_id' end
    ), '')
from call_row r
join call_name n on n.part_of = r.part_of and n.copy = r.copy
group by n.call_id
order by n.call_id;
