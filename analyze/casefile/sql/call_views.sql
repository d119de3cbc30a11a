-- Events and calls of the SQL surface. The rows are those of the segments for the
-- surface itself; {{of}} names the same over some of them: see partcalls.go.
create {{or_replace}}temp view {{of}}events_all as
select
    substr(i.evidence_id, 1, {{prefix}}) || '-' || e.record || case when e.part > 0 then '.' || e.part else '' end as event_id,
    i.evidence_id,
    e.* exclude (segment, row, evidence, content_first)
    replace (
        {{costs}},
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
    {{enriched}},
    {{corrected}} as ts_corrected,
    e.segment * 268435456 + e.row as eid
from {{rows}} e
join evidence i on i.evidence = e.evidence
{{enriching}}
{{correcting}};

create {{or_replace}}temp view {{of}}events as
select e.* from {{of}}events_all e anti join duplicate d on d.eid = e.eid;

-- Calls. Who and where come from the provider's log of accesses first, what was
-- said and used from its log of contents, then from gateways, traces and
-- clients; disagreements lists the columns on which the events differ: principal,
-- operation and error code only of the provider's own logs, for the others have
-- words of their own for them, and input tokens only where no cache was used,
-- for some count its tokens and some do not.
create {{or_replace}}temp view {{of}}calls as
select e.* replace ({{costs}}), {{enriched}}
from (
    select
        j.call_id,
        substr(i.evidence_id, 1, {{prefix}}) || '-' || coalesce(said.record, gateway.record, trace.record, client.record, who.record, other.record) || case when coalesce(said.part, gateway.part, trace.part, client.part, who.part, other.part) > 0 then '.' || coalesce(said.part, gateway.part, trace.part, client.part, who.part, other.part) else '' end as event_id,
        j.events, j.planes, j.roles,
        coalesce(said.ts, gateway.ts, trace.ts, client.ts, who.ts, other.ts) as ts,
        greatest(who.ts_end, said.ts_end, gateway.ts_end, trace.ts_end, client.ts_end, other.ts_end) as ts_end,
        coalesce(said.latency_us, gateway.latency_us, trace.latency_us, client.latency_us, who.latency_us, other.latency_us) as latency_us,
        coalesce(said.ttft_us, gateway.ttft_us, trace.ttft_us, client.ttft_us, who.ttft_us, other.ttft_us) as ttft_us,
        coalesce(said.kind, gateway.kind, trace.kind, client.kind, who.kind, other.kind) as kind,
        coalesce(said.operation, gateway.operation, trace.operation, client.operation, who.operation, other.operation) as operation,
        case
            when 'blocked' in (who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) then 'blocked'
            when 'denied' in (who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) then 'denied'
            when 'throttled' in (who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) then 'throttled'
            when 'error' in (who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) then 'error'
            else coalesce(said.outcome, gateway.outcome, trace.outcome, client.outcome, who.outcome, other.outcome)
        end as outcome,
        coalesce(said.error_code, gateway.error_code, trace.error_code, client.error_code, who.error_code, other.error_code) as error_code,
        coalesce(said.http_status, gateway.http_status, trace.http_status, client.http_status, who.http_status, other.http_status) as http_status,
        coalesce(who.principal, said.principal, gateway.principal, trace.principal, client.principal, other.principal) as principal,
        coalesce(who.principal_type, said.principal_type, gateway.principal_type, trace.principal_type, client.principal_type, other.principal_type) as principal_type,
        coalesce(who.principal_issuer, said.principal_issuer, gateway.principal_issuer, trace.principal_issuer, client.principal_issuer, other.principal_issuer) as principal_issuer,
        coalesce(who.role, said.role, gateway.role, trace.role, client.role, other.role) as role,
        coalesce(who.credential_id, said.credential_id, gateway.credential_id, trace.credential_id, client.credential_id, other.credential_id) as credential_id,
        coalesce(who.credential_kind, said.credential_kind, gateway.credential_kind, trace.credential_kind, client.credential_kind, other.credential_kind) as credential_kind,
        coalesce(who.source_identity, said.source_identity, gateway.source_identity, trace.source_identity, client.source_identity, other.source_identity) as source_identity,
        coalesce(said.end_user, gateway.end_user, trace.end_user, client.end_user, who.end_user, other.end_user) as end_user,
        coalesce(who.tenant, said.tenant, gateway.tenant, trace.tenant, client.tenant, other.tenant) as tenant,
        coalesce(who.src_ip, said.src_ip, gateway.src_ip, trace.src_ip, client.src_ip, other.src_ip) as src_ip,
        coalesce(who.user_agent, said.user_agent, gateway.user_agent, trace.user_agent, client.user_agent, other.user_agent) as user_agent,
        coalesce(who.client, said.client, gateway.client, trace.client, client.client, other.client) as client,
        coalesce(who.provider, said.provider, gateway.provider, trace.provider, client.provider, other.provider) as provider,
        coalesce(who.service, said.service, gateway.service, trace.service, client.service, other.service) as service,
        coalesce(who.endpoint, said.endpoint, gateway.endpoint, trace.endpoint, client.endpoint, other.endpoint) as endpoint,
        coalesce(said.model, gateway.model, trace.model, client.model, who.model, other.model) as model,
        coalesce(said.model_response, gateway.model_response, trace.model_response, client.model_response, who.model_response, other.model_response) as model_response,
        coalesce(said.deployment, gateway.deployment, trace.deployment, client.deployment, who.deployment, other.deployment) as deployment,
        coalesce(who.region, said.region, gateway.region, trace.region, client.region, other.region) as region,
        coalesce(said.inference_region, gateway.inference_region, trace.inference_region, client.inference_region, who.inference_region, other.inference_region) as inference_region,
        coalesce(said.app, gateway.app, trace.app, client.app, who.app, other.app) as app,
        coalesce(said.request_id, gateway.request_id, trace.request_id, client.request_id, who.request_id, other.request_id) as request_id,
        coalesce(said.trace_id, gateway.trace_id, trace.trace_id, client.trace_id, who.trace_id, other.trace_id) as trace_id,
        coalesce(said.session_id, gateway.session_id, trace.session_id, client.session_id, who.session_id, other.session_id) as session_id,
        coalesce(said.response_id, gateway.response_id, trace.response_id, client.response_id, who.response_id, other.response_id) as response_id,
        coalesce(said.input_tokens, gateway.input_tokens, trace.input_tokens, client.input_tokens, who.input_tokens, other.input_tokens) as input_tokens,
        coalesce(said.output_tokens, gateway.output_tokens, trace.output_tokens, client.output_tokens, who.output_tokens, other.output_tokens) as output_tokens,
        coalesce(said.cache_read_tokens, gateway.cache_read_tokens, trace.cache_read_tokens, client.cache_read_tokens, who.cache_read_tokens, other.cache_read_tokens) as cache_read_tokens,
        coalesce(said.cache_write_tokens, gateway.cache_write_tokens, trace.cache_write_tokens, client.cache_write_tokens, who.cache_write_tokens, other.cache_write_tokens) as cache_write_tokens,
        coalesce(said.reasoning_tokens, gateway.reasoning_tokens, trace.reasoning_tokens, client.reasoning_tokens, who.reasoning_tokens, other.reasoning_tokens) as reasoning_tokens,
        coalesce(said.cost_usd, gateway.cost_usd, trace.cost_usd, client.cost_usd, who.cost_usd, other.cost_usd) as cost_usd,
        coalesce(said.cost_basis, gateway.cost_basis, trace.cost_basis, client.cost_basis, who.cost_basis, other.cost_basis) as cost_basis,
        coalesce(
            nullif(said.content_state, 'not_logged'), nullif(gateway.content_state, 'not_logged'), nullif(trace.content_state, 'not_logged'), nullif(client.content_state, 'not_logged'), nullif(who.content_state, 'not_logged'), nullif(other.content_state, 'not_logged'),
            said.content_state, gateway.content_state, trace.content_state, client.content_state, who.content_state, other.content_state
        ) as content_state,
        coalesce(said.finish_reason, gateway.finish_reason, trace.finish_reason, client.finish_reason, who.finish_reason, other.finish_reason) as finish_reason,
        coalesce(said.stream, gateway.stream, trace.stream, client.stream, who.stream, other.stream) as stream,
        coalesce(said.guardrail_action, gateway.guardrail_action, trace.guardrail_action, client.guardrail_action, who.guardrail_action, other.guardrail_action) as guardrail_action,
        coalesce(said.destination, gateway.destination, trace.destination, client.destination, who.destination, other.destination) as destination,
        coalesce(said.bytes_in, gateway.bytes_in, trace.bytes_in, client.bytes_in, who.bytes_in, other.bytes_in) as bytes_in,
        coalesce(said.bytes_out, gateway.bytes_out, trace.bytes_out, client.bytes_out, who.bytes_out, other.bytes_out) as bytes_out,
        coalesce(said.data_format, gateway.data_format, trace.data_format, client.data_format, who.data_format, other.data_format) as data_format,
        nullif(concat_ws(',',
            case when who.principal <> said.principal then 'principal' end,
            case when least(who.model, said.model, gateway.model, trace.model, client.model, other.model) <> greatest(who.model, said.model, gateway.model, trace.model, client.model, other.model) then 'model' end,
            case when who.operation <> said.operation then 'operation' end,
            case when least(who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) <> greatest(who.outcome, said.outcome, gateway.outcome, trace.outcome, client.outcome, other.outcome) then 'outcome' end,
            case when least(who.region, said.region, gateway.region, trace.region, client.region, other.region) <> greatest(who.region, said.region, gateway.region, trace.region, client.region, other.region) then 'region' end,
            case when who.error_code <> said.error_code then 'error_code' end,
            case when least(who.input_tokens, said.input_tokens, gateway.input_tokens, trace.input_tokens, client.input_tokens, other.input_tokens) <> greatest(who.input_tokens, said.input_tokens, gateway.input_tokens, trace.input_tokens, client.input_tokens, other.input_tokens)
                and coalesce(greatest(said.cache_read_tokens, gateway.cache_read_tokens, trace.cache_read_tokens, client.cache_read_tokens, who.cache_read_tokens, other.cache_read_tokens), 0) = 0 then 'input_tokens' end,
            case when least(who.output_tokens, said.output_tokens, gateway.output_tokens, trace.output_tokens, client.output_tokens, other.output_tokens) <> greatest(who.output_tokens, said.output_tokens, gateway.output_tokens, trace.output_tokens, client.output_tokens, other.output_tokens) then 'output_tokens' end,
            case when least(who.session_id, said.session_id, gateway.session_id, trace.session_id, client.session_id, other.session_id) <> greatest(who.session_id, said.session_id, gateway.session_id, trace.session_id, client.session_id, other.session_id) then 'session_id' end
        ), '') as disagreements,
        lower(hex(coalesce(said.system_prompt_hash, gateway.system_prompt_hash, trace.system_prompt_hash, client.system_prompt_hash, who.system_prompt_hash, other.system_prompt_hash))) as system_prompt_hash,
        lower(hex(coalesce(said.prompt_hash, gateway.prompt_hash, trace.prompt_hash, client.prompt_hash, who.prompt_hash, other.prompt_hash))) as prompt_hash,
        lower(hex(coalesce(said.response_hash, gateway.response_hash, trace.response_hash, client.response_hash, who.response_hash, other.response_hash))) as response_hash,
        coalesce(said.ts_corrected, gateway.ts_corrected, trace.ts_corrected, client.ts_corrected, who.ts_corrected, other.ts_corrected) as ts_corrected,
        coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other) as eid
    from {{joined}} j
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'access') who
        on who.segment = j.who // 268435456 and who.row = j.who % 268435456
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'content') said
        on said.segment = j.said // 268435456 and said.row = j.said % 268435456
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'gateway') gateway
        on gateway.segment = j.gateway // 268435456 and gateway.row = j.gateway % 268435456
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'trace') trace
        on trace.segment = j.trace // 268435456 and trace.row = j.trace % 268435456
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'client') client
        on client.segment = j.client // 268435456 and client.row = j.client % 268435456
    left join (select e.*, {{corrected}} as ts_corrected from {{rows}} e {{correcting}} where {{role}} = 'other') other
        on other.segment = j.other // 268435456 and other.row = j.other % 268435456
    join evidence i on i.evidence = coalesce(said.evidence, gateway.evidence, trace.evidence, client.evidence, who.evidence, other.evidence)
    union all
    select
        j.call_id, substr(i.evidence_id, 1, {{prefix}}) || '-' || m.record || case when m.part > 0 then '.' || m.part else '' end as event_id,
        j.events, j.planes, j.roles,
        m.ts, m.ts_end, m.latency_us, m.ttft_us, m.kind, m.operation, m.outcome, m.error_code, m.http_status, m.principal, m.principal_type,
        m.principal_issuer, m.role, m.credential_id, m.credential_kind, m.source_identity, m.end_user, m.tenant, m.src_ip, m.user_agent, m.client,
        m.provider, m.service, m.endpoint, m.model, m.model_response, m.deployment, m.region, m.inference_region, m.app, m.request_id, m.trace_id,
        m.session_id, m.response_id, m.input_tokens, m.output_tokens, m.cache_read_tokens, m.cache_write_tokens, m.reasoning_tokens, m.cost_usd,
        m.cost_basis, m.content_state, m.finish_reason, m.stream, m.guardrail_action, m.destination, m.bytes_in, m.bytes_out, m.data_format,
        m.disagreements, lower(hex(m.system_prompt_hash)) as system_prompt_hash, lower(hex(m.prompt_hash)) as prompt_hash,
        lower(hex(m.response_hash)) as response_hash, {{merged}} as ts_corrected, m.call as eid
    from merged_call m
    join {{joined}} j on j.call = m.call
    join evidence i on i.evidence = m.evidence
    {{merging}}
    union all
    select
        substr(sha256(coalesce('request:' || e.request_id, 'response:' || e.response_id, 'event:' || e.evidence_id || '-' || e.record || '.' || e.part)), 1, 16) as call_id,
        e.event_id, 1 as events, e.plane as planes,
        {{role}} as roles,
        e.ts, e.ts_end, e.latency_us, e.ttft_us, e.kind, e.operation, e.outcome, e.error_code, e.http_status,
        e.principal, e.principal_type, e.principal_issuer, e.role, e.credential_id, e.credential_kind, e.source_identity, e.end_user, e.tenant,
        e.src_ip, e.user_agent, e.client, e.provider, e.service, e.endpoint, e.model, e.model_response,
        e.deployment, e.region, e.inference_region, e.app,
        e.request_id, e.trace_id, e.session_id, e.response_id,
        e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.reasoning_tokens, e.cost_usd, e.cost_basis,
        e.content_state, e.finish_reason, e.stream, e.guardrail_action, e.destination, e.bytes_in, e.bytes_out, e.data_format,
        null as disagreements,
        e.system_prompt_hash, e.prompt_hash, e.response_hash, e.ts_corrected, e.eid
    from {{of}}events e
    anti join call_event c on c.eid = e.eid
    where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
) e
{{enriching}};
