-- What each source shows of each call, and of everything that is no call: a row
-- for each source and call, with a bit for each signal. A call that a source
-- wrote in pieces is one row. Transcripts hold what was said in messages of
-- their own, beside the calls of the same conversation.
create or replace temp table unit as
with conversation as (
    select e.format, coalesce(e.session_id, e.trace_id) as id,
        bool_or(e.prompt_hash is not null) as asked, bool_or(e.response_hash is not null) as replied
    from events e
    where e.kind = 'message' and e.plane = 'agent' and coalesce(e.session_id, e.trace_id) <> ''
    group by e.format, coalesce(e.session_id, e.trace_id)
),
event as (
    select e.*, c.call, t.asked, t.replied,
        e.kind in ('inference', 'embedding') as calls_model,
        e.content_state in ('redacted', 'encrypted') as unreadable,
        e.content_state in ('truncated', 'external', 'redacted', 'encrypted') as cut
    from events e
    left join call_event c on c.eid = e.eid
    left join conversation t on t.format = e.format and t.id = coalesce(e.session_id, e.trace_id) and e.plane = 'agent'
),
signal as (
    select
        coalesce(e.call, e.eid) as call,
        list_position($sources::varchar[], e.format) - 1 as source,
        -- What it is.
        e.kind <> 'unparsed' as parsed,
        e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') or e.plane in ('access', 'control') and e.kind not in ('usage', 'unparsed') as access,
        e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') as is_call,
        e.calls_model,
        e.kind = 'inference' as inference,
        e.kind = 'embedding' as embedding,
        e.outcome = 'success' as succeeded,
        e.outcome in ('denied', 'error', 'throttled', 'blocked') as failed,
        e.outcome = 'blocked' as blocked,
        e.stream as streamed,
        -- What it has.
        e.ts is not null as time,
        e.ts_precision in ('ms', 'us', 'ns') as subsecond,
        e.ts_precision in ('us', 'ns') as microsecond,
        e.principal is not null as principal,
        e.credential_id is not null as credential,
        coalesce(e.person, e.end_user, e.source_identity) is not null or contains(e.principal, '@') as person,
        e.src_ip is not null as address,
        coalesce(e.user_agent, e.client) is not null as client,
        e.model is not null or e.model_response is not null as model,
        e.outcome <> 'unknown' as outcome,
        e.finish_reason is not null or e.guardrail_action is not null or e.outcome in ('denied', 'error', 'throttled', 'blocked') as ending,
        coalesce(e.request_id, e.response_id, e.trace_id) is not null or e.kind = 'tool' and e.tool_call_ids is not null as correlation,
        coalesce(e.session_id, e.trace_id) is not null as session,
        e.calls_model and (e.prompt_hash is not null and e.unreadable is not true or e.content_state = 'present' or e.asked) as input,
        e.calls_model and (e.prompt_hash is not null and e.cut is not true or e.content_state = 'present' or e.asked) as whole_input,
        e.system_prompt_hash is not null and e.unreadable is not true as system_prompt,
        e.retrieved is not null as retrieved,
        e.parameters is not null as parameters,
        e.kind = 'inference' and ((e.response_hash is not null or e.tool_calls is not null) and e.unreadable is not true or e.content_state = 'present' or e.replied) as output,
        e.reasoning_hash is not null and e.unreadable is not true as reasoning,
        e.tool_calls is not null as tool_calls,
        coalesce(e.latency_us, epoch_us(e.ts_end)) is not null as latency,
        e.ttft_us is not null as ttft,
        e.input_tokens is not null and (e.output_tokens is not null or e.kind = 'embedding') as tokens,
        e.cost_usd is not null as cost,
        -- What is wrong with it.
        contains(e.ts_source, '(no zone)') as no_zone,
        contains(e.ts_source, '(not a time)') as no_time,
        e.ts < $earliest or e.ts >= $latest as implausible,
        e.ts_end < e.ts or e.latency_us < 0 as backwards,
        e.kind = 'other' and e.plane is null as unmapped,
        e.calls_model and e.plane = 'content' and e.content_state = 'not_logged' as unlogged,
        e.content_state = 'truncated' as truncated,
        e.content_state = 'external' as external,
        e.content_state = 'redacted' as redacted,
        e.content_state = 'encrypted' as encrypted,
        e.kind = 'message' and coalesce(e.prompt_hash, e.response_hash) is not null and coalesce(e.session_id, e.trace_id, e.request_id, e.response_id) is null as loose
    from event e
)
select call, source, bit_or({{bits}}) as bits
from signal
group by call, source
