-- Which source saw which call: a row for each source that shows a call, with
-- what that source says of it. A call that a source wrote in pieces has the
-- last of them. Calls with one stratum are worded alike by their source; the
-- words are in the table stratum. Texts and identifiers are compared only, by
-- their hashes: that costs a third of keeping them. Texts of which the log has
-- a part, or none, are NULL. Read are the segments and not the view of events:
-- that its hashes have digits and its events names costs as much again.
create or replace temp table sight as
select
    coalesce(c.call, e.eid) as call, e.eid, e.format, e.plane, c.role,
    e.ts, e.ts_end, e.ts_precision, e.latency_us, e.ttft_us,
    hash(
        e.kind, e.operation, e.outcome, e.error_code, e.finish_reason, e.provider, e.service, e.tenant, e.region, e.model,
        e.app, e.principal
    ) as stratum,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens,
    case when e.session_id is not null then hash(e.session_id) end as session,
    case when e.credential_id is not null then hash(e.credential_id) end as credential,
    case when e.system_prompt_hash is not null and e.content_state in ('present', 'partial') then hash(e.system_prompt_hash) end as system_prompt,
    case when e.prompt_hash is not null and e.content_state in ('present', 'partial') then hash(e.prompt_hash) end as prompt,
    case when e.response_hash is not null and e.content_state in ('present', 'partial') then hash(e.response_hash) end as response
from stored_event e
left join call_event c on c.eid = e.eid
anti join duplicate d on d.eid = e.eid
anti join repeat r on r.eid = e.eid
where case when c.eid is null then e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') else c.counted and c.lead end;
