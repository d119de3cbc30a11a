-- The SQL surface. Segments are named one by one, never by a pattern: a planted
-- file must not be read.
create temp view events_all as
select
    substr(i.evidence_id, 1, {{prefix}}) || '-' || e.record || case when e.part > 0 then '.' || e.part else '' end as event_id,
    i.evidence_id,
    e.* exclude (segment, row, evidence, content_first)
    replace (
        lower(hex(e.record_sha256)) as record_sha256,
        lower(hex(e.system_prompt_hash)) as system_prompt_hash,
        lower(hex(e.prompt_hash)) as prompt_hash,
        lower(hex(e.response_hash)) as response_hash,
        lower(hex(e.reasoning_hash)) as reasoning_hash,
        case
            when e.input_messages is not null or e.output_messages is not null then e.input_messages
            when e.system_prompt is null and e.prompt is null then null
            else '[' || concat_ws(',',
                '{"role":"system","parts":[{"type":"text","content":' || to_json(e.system_prompt)::varchar || '}]}',
                '{"role":"user","parts":[{"type":"text","content":' || to_json(e.prompt)::varchar || '}]}') || ']'
        end as input_messages,
        case
            when e.input_messages is not null or e.output_messages is not null then e.output_messages
            when e.response is null and e.reasoning is null then null
            else '[{"role":"assistant","parts":[' || concat_ws(',',
                '{"type":"reasoning","content":' || to_json(e.reasoning)::varchar || '}',
                '{"type":"text","content":' || to_json(e.response)::varchar || '}') || ']'
                || coalesce(',"finish_reason":' || to_json(e.finish_reason)::varchar, '') || '}]'
        end as output_messages
    ),
    null::varchar as src_country, null::varchar as src_city, null::bigint as src_asn, null::varchar as person,
    e.segment * 268435456 + e.row as eid
from read_parquet({{events}}) e
join evidence i on i.evidence = e.evidence;

create temp view events as
select e.* from events_all e anti join duplicate d on d.eid = e.eid;

create temp view records as
select
    i.evidence_id, r.record, r.byte_offset, r.byte_length, lower(hex(r.record_sha256)) as record_sha256,
    r.events, r.frame, r.raw, r.segment, r.row
from read_parquet({{records}}) r
join evidence i on i.evidence = r.evidence;

create temp view identifiers as
select kind, value, event_id
from (
    select 'event' as kind, native_id as value, event_id from events_all
    union all select 'request', request_id, event_id from events_all
    union all select 'response', response_id, event_id from events_all
    union all select 'trace', trace_id, event_id from events_all
    union all select 'span', span_id, event_id from events_all
    union all select 'parent_span', parent_span_id, event_id from events_all
    union all select 'session', session_id, event_id from events_all
    union all select 'message', message_id, event_id from events_all
    union all select 'parent_message', parent_message_id, event_id from events_all
    union all select 'credential', credential_id, event_id from events_all
    union all select 'issued_credential', issued_credential_id, event_id from events_all
    union all select 'source_identity', source_identity, event_id from events_all
    union all select 'tool_call', unnest(from_json(tool_call_ids, '["VARCHAR"]')), event_id from events_all where tool_call_ids is not null
    union all select id.kind, id.value, event_id
    from (select unnest(from_json(other_ids, '[{"kind":"VARCHAR","value":"VARCHAR"}]')) as id, event_id from events_all where other_ids is not null)
)
where value <> '';

create temp view content as
select lower(hex(p.hash)) as hash, p.role, p.text,
    substr(i.evidence_id, 1, {{prefix}}) || '-' || e.record || case when e.part > 0 then '.' || e.part else '' end as first_event
from (
    select segment, row, row as event_row, 1 as place, system_prompt_hash as hash, 'system' as role, system_prompt as text
    from read_parquet({{events}}) where content_first & 1 <> 0
    union all
    select segment, row, row, 2, prompt_hash, 'user', prompt from read_parquet({{events}}) where content_first & 2 <> 0
    union all
    select segment, row, row, 4, response_hash, 'assistant', response from read_parquet({{events}}) where content_first & 4 <> 0
    union all
    select segment, row, row, 8, reasoning_hash, 'reasoning', reasoning from read_parquet({{events}}) where content_first & 8 <> 0
    union all
    select segment, row, event_row, 0, hash, role, text from {{content}}
) p
join read_parquet({{events}}) e on e.segment = p.segment and e.row = p.event_row
join evidence i on i.evidence = e.evidence
anti join content_repeat r on r.segment = p.segment and r.row = p.row and r.place = p.place;

create temp view content_use as
select event_id, hash, position, role
from (
    select event_id, system_prompt_hash as hash, -4 as position, 'system' as role from events_all
    union all select event_id, prompt_hash, -3, 'user' from events_all
    union all select event_id, reasoning_hash, -2, 'reasoning' from events_all
    union all select event_id, response_hash, -1, 'assistant' from events_all
    union all
    select e.event_id, lower(hex(u.hash)), u.position, u.role
    from {{uses}} u
    join events_all e on e.eid = u.segment * 268435456 + u.row
)
where hash is not null;

-- Calls. Who and where come from the access event first, what was said and used
-- from the content event first; disagreements lists the columns on which the
-- events differ.
create temp view calls as
select
    j.call_id,
    substr(i.evidence_id, 1, {{prefix}}) || '-' || coalesce(said.record, agent.record, who.record, other.record) || case when coalesce(said.part, agent.part, who.part, other.part) > 0 then '.' || coalesce(said.part, agent.part, who.part, other.part) else '' end as event_id,
    j.events, j.planes,
    coalesce(said.ts, least(agent.ts, who.ts, other.ts)) as ts, greatest(who.ts_end, said.ts_end, agent.ts_end, other.ts_end) as ts_end,
    coalesce(said.latency_us, agent.latency_us, who.latency_us, other.latency_us) as latency_us,
    coalesce(said.ttft_us, agent.ttft_us, who.ttft_us, other.ttft_us) as ttft_us,
    coalesce(said.kind, agent.kind, who.kind, other.kind) as kind,
    coalesce(said.operation, agent.operation, who.operation, other.operation) as operation,
    case
        when 'blocked' in (who.outcome, said.outcome, agent.outcome, other.outcome) then 'blocked'
        when 'denied' in (who.outcome, said.outcome, agent.outcome, other.outcome) then 'denied'
        when 'throttled' in (who.outcome, said.outcome, agent.outcome, other.outcome) then 'throttled'
        when 'error' in (who.outcome, said.outcome, agent.outcome, other.outcome) then 'error'
        else coalesce(said.outcome, agent.outcome, who.outcome, other.outcome)
    end as outcome,
    coalesce(said.error_code, agent.error_code, who.error_code, other.error_code) as error_code,
    coalesce(said.http_status, agent.http_status, who.http_status, other.http_status) as http_status,
    coalesce(who.principal, said.principal, agent.principal, other.principal) as principal,
    coalesce(who.principal_type, said.principal_type, agent.principal_type, other.principal_type) as principal_type,
    coalesce(who.principal_issuer, said.principal_issuer, agent.principal_issuer, other.principal_issuer) as principal_issuer,
    coalesce(who.role, said.role, agent.role, other.role) as role,
    coalesce(who.credential_id, said.credential_id, agent.credential_id, other.credential_id) as credential_id,
    coalesce(who.credential_kind, said.credential_kind, agent.credential_kind, other.credential_kind) as credential_kind,
    coalesce(who.source_identity, said.source_identity, agent.source_identity, other.source_identity) as source_identity,
    coalesce(said.end_user, agent.end_user, who.end_user, other.end_user) as end_user,
    coalesce(who.tenant, said.tenant, agent.tenant, other.tenant) as tenant,
    coalesce(who.src_ip, said.src_ip, agent.src_ip, other.src_ip) as src_ip,
    coalesce(who.user_agent, said.user_agent, agent.user_agent, other.user_agent) as user_agent,
    coalesce(who.client, said.client, agent.client, other.client) as client,
    coalesce(who.provider, said.provider, agent.provider, other.provider) as provider,
    coalesce(who.service, said.service, agent.service, other.service) as service,
    coalesce(who.endpoint, said.endpoint, agent.endpoint, other.endpoint) as endpoint,
    coalesce(said.model, agent.model, who.model, other.model) as model,
    coalesce(said.model_response, agent.model_response, who.model_response, other.model_response) as model_response,
    coalesce(said.deployment, agent.deployment, who.deployment, other.deployment) as deployment,
    coalesce(who.region, said.region, agent.region, other.region) as region,
    coalesce(said.inference_region, agent.inference_region, who.inference_region, other.inference_region) as inference_region,
    coalesce(said.app, agent.app, who.app, other.app) as app,
    coalesce(said.request_id, agent.request_id, who.request_id, other.request_id) as request_id,
    coalesce(said.trace_id, agent.trace_id, who.trace_id, other.trace_id) as trace_id,
    coalesce(said.session_id, agent.session_id, who.session_id, other.session_id) as session_id,
    coalesce(said.response_id, agent.response_id, who.response_id, other.response_id) as response_id,
    coalesce(said.input_tokens, agent.input_tokens, who.input_tokens, other.input_tokens) as input_tokens,
    coalesce(said.output_tokens, agent.output_tokens, who.output_tokens, other.output_tokens) as output_tokens,
    coalesce(said.cache_read_tokens, agent.cache_read_tokens, who.cache_read_tokens, other.cache_read_tokens) as cache_read_tokens,
    coalesce(said.cache_write_tokens, agent.cache_write_tokens, who.cache_write_tokens, other.cache_write_tokens) as cache_write_tokens,
    coalesce(said.reasoning_tokens, agent.reasoning_tokens, who.reasoning_tokens, other.reasoning_tokens) as reasoning_tokens,
    coalesce(said.cost_usd, agent.cost_usd, who.cost_usd, other.cost_usd) as cost_usd,
    coalesce(said.cost_basis, agent.cost_basis, who.cost_basis, other.cost_basis) as cost_basis,
    coalesce(
        nullif(said.content_state, 'not_logged'), nullif(agent.content_state, 'not_logged'), nullif(who.content_state, 'not_logged'),
        coalesce(said.content_state, agent.content_state, who.content_state, other.content_state)
    ) as content_state,
    coalesce(said.finish_reason, agent.finish_reason, who.finish_reason, other.finish_reason) as finish_reason,
    coalesce(said.stream, agent.stream, who.stream, other.stream) as stream,
    coalesce(said.guardrail_action, agent.guardrail_action, who.guardrail_action, other.guardrail_action) as guardrail_action,
    coalesce(said.destination, agent.destination, who.destination, other.destination) as destination,
    coalesce(said.bytes_in, agent.bytes_in, who.bytes_in, other.bytes_in) as bytes_in,
    coalesce(said.bytes_out, agent.bytes_out, who.bytes_out, other.bytes_out) as bytes_out,
    coalesce(said.data_format, agent.data_format, who.data_format, other.data_format) as data_format,
    nullif(concat_ws(',',
        case when least(who.principal, said.principal, agent.principal, other.principal) <> greatest(who.principal, said.principal, agent.principal, other.principal) then 'principal' end,
        case when least(who.model, said.model, agent.model, other.model) <> greatest(who.model, said.model, agent.model, other.model) then 'model' end,
        case when least(who.operation, said.operation, agent.operation, other.operation) <> greatest(who.operation, said.operation, agent.operation, other.operation) then 'operation' end,
        case when least(who.outcome, said.outcome, agent.outcome, other.outcome) <> greatest(who.outcome, said.outcome, agent.outcome, other.outcome) then 'outcome' end,
        case when least(who.region, said.region, agent.region, other.region) <> greatest(who.region, said.region, agent.region, other.region) then 'region' end,
        case when least(who.error_code, said.error_code, agent.error_code, other.error_code) <> greatest(who.error_code, said.error_code, agent.error_code, other.error_code) then 'error_code' end,
        case when least(who.input_tokens, said.input_tokens, agent.input_tokens, other.input_tokens) <> greatest(who.input_tokens, said.input_tokens, agent.input_tokens, other.input_tokens) then 'input_tokens' end,
        case when least(who.output_tokens, said.output_tokens, agent.output_tokens, other.output_tokens) <> greatest(who.output_tokens, said.output_tokens, agent.output_tokens, other.output_tokens) then 'output_tokens' end,
        case when least(who.session_id, said.session_id, agent.session_id, other.session_id) <> greatest(who.session_id, said.session_id, agent.session_id, other.session_id) then 'session_id' end
    ), '') as disagreements,
    lower(hex(coalesce(said.system_prompt_hash, agent.system_prompt_hash, who.system_prompt_hash, other.system_prompt_hash))) as system_prompt_hash,
    lower(hex(coalesce(said.prompt_hash, agent.prompt_hash, who.prompt_hash, other.prompt_hash))) as prompt_hash,
    lower(hex(coalesce(said.response_hash, agent.response_hash, who.response_hash, other.response_hash))) as response_hash
from joined_call j
left join (select * from read_parquet({{events}}) where plane = 'access') who
    on who.segment = j.who // 268435456 and who.row = j.who % 268435456
left join (select * from read_parquet({{events}}) where plane = 'content') said
    on said.segment = j.said // 268435456 and said.row = j.said % 268435456
left join (select * from read_parquet({{events}}) where plane = 'agent') agent
    on agent.segment = j.agent // 268435456 and agent.row = j.agent % 268435456
left join (select * from read_parquet({{events}}) where plane = 'control' or plane is null) other
    on other.segment = j.other // 268435456 and other.row = j.other % 268435456
join evidence i on i.evidence = coalesce(said.evidence, agent.evidence, who.evidence, other.evidence)
union all
select
    substr(sha256(coalesce('request:' || e.request_id, 'response:' || e.response_id, 'event:' || e.evidence_id || '-' || e.record || '.' || e.part)), 1, 16) as call_id,
    e.event_id, 1 as events, e.plane as planes,
    e.ts, e.ts_end, e.latency_us, e.ttft_us, e.kind, e.operation, e.outcome, e.error_code, e.http_status,
    e.principal, e.principal_type, e.principal_issuer, e.role, e.credential_id, e.credential_kind, e.source_identity, e.end_user, e.tenant,
    e.src_ip, e.user_agent, e.client, e.provider, e.service, e.endpoint, e.model, e.model_response,
    e.deployment, e.region, e.inference_region, e.app,
    e.request_id, e.trace_id, e.session_id, e.response_id,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost_usd, e.cost_basis,
    e.content_state, e.finish_reason, e.stream, e.guardrail_action, e.destination, e.bytes_in, e.bytes_out, e.data_format,
    null as disagreements,
    e.system_prompt_hash, e.prompt_hash, e.response_hash
from events e
anti join call_event c on c.eid = e.eid
where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail');
