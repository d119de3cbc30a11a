-- Which source saw which call: a row for each source that shows a call, with
-- what that source says of it. A call that a source wrote in pieces has the
-- last of them. The columns are those that checks group and compare by; texts
-- are compared by their hashes.
create or replace temp table sight as
select
    coalesce(c.call, e.eid) as call, e.eid, e.event_id, e.format, e.plane,
    e.ts, e.ts_end, e.ts_precision, e.latency_us, e.ttft_us, e.outcome, e.error_code, e.operation, e.principal, e.credential_id, e.tenant, e.region,
    e.model, e.app, e.session_id, e.client,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.finish_reason,
    e.system_prompt_hash, e.prompt_hash, e.response_hash
from events e
left join call_event c on c.eid = e.eid
where case when c.eid is null then e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') else c.counted and c.lead end;
