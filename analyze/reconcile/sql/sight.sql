-- Which source saw which call: a row for each source that shows a call, with
-- what that source says of it. A call that a source wrote in pieces has the
-- last of them. The columns are those that checks group and compare by; of
-- texts it is the hash of their hash, a third of the time and an eighth of the
-- memory of the hash itself. Calls with one stratum are worded alike by their
-- source.
create or replace temp table sight as
select
    coalesce(c.call, e.eid) as call, e.eid, e.event_id, e.format, e.plane, c.role, e.kind,
    e.ts, e.ts_end, e.ts_precision, e.latency_us, e.outcome, e.error_code, e.operation, e.provider, e.service,
    e.principal, e.credential_id, e.tenant, e.region, e.model, e.app, e.session_id, e.client,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.finish_reason, e.content_state,
    case when e.system_prompt_hash is not null then hash(e.system_prompt_hash) end as system_prompt_hash,
    case when e.prompt_hash is not null then hash(e.prompt_hash) end as prompt_hash,
    case when e.response_hash is not null then hash(e.response_hash) end as response_hash,
    hash(
        e.kind, e.operation, e.outcome, e.error_code, e.finish_reason, e.provider, e.service, e.tenant, e.region, e.model,
        e.app, e.principal
    ) as stratum
from events e
left join call_event c on c.eid = e.eid
where case when c.eid is null then e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') else c.counted and c.lead end;
