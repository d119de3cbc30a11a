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

create temp view calls as
select call_id, substr(i.evidence_id, 1, {{prefix}}) || '-' || e.record || case when e.part > 0 then '.' || e.part else '' end as event_id,
    j.* exclude (call_id, eid, system_prompt_hash, prompt_hash, response_hash),
    lower(hex(j.system_prompt_hash)) as system_prompt_hash, lower(hex(j.prompt_hash)) as prompt_hash, lower(hex(j.response_hash)) as response_hash
from joined_call j
join (select segment * 268435456 + row as eid, evidence, record, part from read_parquet({{events}})) e on e.eid = j.eid
join evidence i on i.evidence = e.evidence
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
