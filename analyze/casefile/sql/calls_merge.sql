-- The columns of one portion of the calls that were written in pieces, or that
-- several logs of one role show.
insert into merged_call
select
    c.call, arg_min(e.evidence, c.said), arg_min(e.record, c.said), arg_min(e.part, c.said),
    arg_min(e.ts, c.said) as ts,
    max(e.ts_end) as ts_end,
    arg_min(e.latency_us, c.last) as latency_us,
    arg_min(e.ttft_us, c.last) as ttft_us,
    arg_min(e.kind, c.said) filter (c.counted) as kind,
    arg_min(e.operation, c.said) filter (c.counted) as operation,
    case
        when bool_or(e.outcome = 'blocked') then 'blocked'
        when bool_or(e.outcome = 'denied') then 'denied'
        when bool_or(e.outcome = 'throttled') then 'throttled'
        when bool_or(e.outcome = 'error') then 'error'
        else arg_min(e.outcome, c.last)
    end as outcome,
    arg_min(e.error_code, c.last) as error_code,
    arg_min(e.http_status, c.last) as http_status,
    arg_min(e.principal, c.who) as principal,
    arg_min(e.principal_type, c.who) as principal_type,
    arg_min(e.principal_issuer, c.who) as principal_issuer,
    arg_min(e.role, c.who) as role,
    arg_min(e.credential_id, c.who) as credential_id,
    arg_min(e.credential_kind, c.who) as credential_kind,
    arg_min(e.source_identity, c.who) as source_identity,
    arg_min(e.end_user, c.said) as end_user,
    arg_min(e.tenant, c.who) as tenant,
    arg_min(e.src_ip, c.who) as src_ip,
    arg_min(e.user_agent, c.who) as user_agent,
    arg_min(e.client, c.who) as client,
    arg_min(e.provider, c.who) as provider,
    arg_min(e.service, c.who) as service,
    arg_min(e.endpoint, c.who) as endpoint,
    arg_min(e.model, c.said) as model,
    arg_min(e.model_response, c.said) as model_response,
    arg_min(e.deployment, c.said) as deployment,
    arg_min(e.region, c.who) as region,
    arg_min(e.inference_region, c.said) as inference_region,
    arg_min(e.app, c.said) as app,
    arg_min(e.request_id, c.said) as request_id,
    arg_min(e.trace_id, c.said) as trace_id,
    arg_min(e.session_id, c.said) as session_id,
    arg_min(e.response_id, c.said) as response_id,
    arg_min(e.input_tokens, c.last) as input_tokens,
    arg_min(e.output_tokens, c.last) as output_tokens,
    arg_min(e.cache_read_tokens, c.last) as cache_read_tokens,
    arg_min(e.cache_write_tokens, c.last) as cache_write_tokens,
    arg_min(e.reasoning_tokens, c.last) as reasoning_tokens,
    arg_min(e.cost_usd, c.last) as cost_usd,
    arg_min(e.cost_basis, c.last) as cost_basis,
    case
        when arg_min(nullif(e.content_state, 'not_logged'), c.said) = 'partial' and bool_or(e.prompt_hash is not null) and bool_or(e.response_hash is not null) then 'present'
        else coalesce(arg_min(nullif(e.content_state, 'not_logged'), c.said), arg_min(e.content_state, c.said))
    end as content_state,
    arg_min(e.finish_reason, c.last) as finish_reason,
    arg_min(e.stream, c.said) as stream,
    arg_min(e.guardrail_action, c.last) as guardrail_action,
    arg_min(e.destination, c.said) as destination,
    arg_min(e.bytes_in, c.last) as bytes_in,
    arg_min(e.bytes_out, c.last) as bytes_out,
    arg_min(e.data_format, c.said) as data_format,
    nullif(concat_ws(',',
        case when min(e.principal) filter (c.lead and c.role in ('access', 'content')) <> max(e.principal) filter (c.lead and c.role in ('access', 'content')) then 'principal' end,
        case when min(e.model) filter (c.lead) <> max(e.model) filter (c.lead) then 'model' end,
        case when min(e.operation) filter (c.lead and c.role in ('access', 'content')) <> max(e.operation) filter (c.lead and c.role in ('access', 'content')) then 'operation' end,
        case when min(e.outcome) filter (c.lead) <> max(e.outcome) filter (c.lead) then 'outcome' end,
        case when min(e.region) filter (c.lead) <> max(e.region) filter (c.lead) then 'region' end,
        case when min(e.error_code) filter (c.lead and c.role in ('access', 'content')) <> max(e.error_code) filter (c.lead and c.role in ('access', 'content')) then 'error_code' end,
        case when min(e.input_tokens) filter (c.lead) <> max(e.input_tokens) filter (c.lead) and coalesce(max(e.cache_read_tokens), 0) = 0 then 'input_tokens' end,
        case when min(e.output_tokens) filter (c.lead) <> max(e.output_tokens) filter (c.lead) then 'output_tokens' end,
        case when min(e.session_id) filter (c.lead) <> max(e.session_id) filter (c.lead) then 'session_id' end
    ), '') as disagreements,
    arg_min(e.system_prompt_hash, c.said) as system_prompt_hash,
    arg_min(e.prompt_hash, c.last) as prompt_hash,
    arg_min(e.response_hash, c.last) as response_hash,
    arg_min(e.evidence, c.said) filter (e.ts is not null) as ts_evidence
from (select call from merging where portion = $portion) m
join call_event c on c.call = m.call
join read_parquet({{all_events}}) e on e.segment = c.eid // 268435456 and e.row = c.eid % 268435456
group by c.call
order by c.call
