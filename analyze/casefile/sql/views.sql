-- The SQL surface, beside events and calls. Segments are named one by one, never by
-- a pattern: a planted file must not be read.
-- Of each event only its name and one identifier are read: to bind all columns of
-- events once more for each kind took half the time of opening a case.
create temp view identifiers as
select
    kind, value,
    substr(i.evidence_id, 1, {{prefix}}) || '-' || record || case when part > 0 then '.' || part else '' end as event_id
from (
    select 'event' as kind, native_id as value, evidence, record, part from read_parquet({{events}})
    union all select 'request', request_id, evidence, record, part from read_parquet({{events}})
    union all select 'response', response_id, evidence, record, part from read_parquet({{events}})
    union all select 'trace', trace_id, evidence, record, part from read_parquet({{events}})
    union all select 'span', span_id, evidence, record, part from read_parquet({{events}})
    union all select 'parent_span', parent_span_id, evidence, record, part from read_parquet({{events}})
    union all select 'session', session_id, evidence, record, part from read_parquet({{events}})
    union all select 'message', message_id, evidence, record, part from read_parquet({{events}})
    union all select 'parent_message', parent_message_id, evidence, record, part from read_parquet({{events}})
    union all select 'credential', credential_id, evidence, record, part from read_parquet({{events}})
    union all select 'issued_credential', issued_credential_id, evidence, record, part from read_parquet({{events}})
    union all select 'source_identity', source_identity, evidence, record, part from read_parquet({{events}})
    union all
    select 'tool_call', unnest(from_json(tool_call_ids, '["VARCHAR"]')), evidence, record, part
    from read_parquet({{events}}) where tool_call_ids is not null
    union all
    select id.kind, id.value, evidence, record, part
    from (
        select unnest(from_json(other_ids, '[{"kind":"VARCHAR","value":"VARCHAR"}]')) as id, evidence, record, part
        from read_parquet({{events}}) where other_ids is not null
    )
) e
join evidence i on i.evidence = e.evidence
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
anti join content_repeat r on r.segment = p.segment and r.row = p.row and r.place = p.place
union all
select lower(hex(t.hash)), t.role, any_value(t.text),
    min(substr(i.evidence_id, 1, {{prefix}}) || '-' || m.record || case when m.part > 0 then '.' || m.part else '' end)
from (
    select call, system_prompt_hash as hash, 'system' as role, system_prompt as text from joined_text where system_prompt is not null
    union all select call, prompt_hash, 'user', prompt from joined_text where prompt is not null
    union all select call, response_hash, 'assistant', response from joined_text where response is not null
    union all select call, reasoning_hash, 'reasoning', reasoning from joined_text where reasoning is not null
) t
join merged_call m on m.call = t.call
join evidence i on i.evidence = m.evidence
anti join hash_index x on x.kind = 'content' and x.h = hash(t.hash)
group by t.hash, t.role;

create temp view content_use as
select
    substr(i.evidence_id, 1, {{prefix}}) || '-' || u.record || case when u.part > 0 then '.' || u.part else '' end as event_id,
    lower(hex(u.hash)) as hash, u.position, u.role
from (
    select evidence, record, part, system_prompt_hash as hash, -4 as position, 'system' as role from read_parquet({{events}})
    union all select evidence, record, part, prompt_hash, -3, 'user' from read_parquet({{events}})
    union all select evidence, record, part, reasoning_hash, -2, 'reasoning' from read_parquet({{events}})
    union all select evidence, record, part, response_hash, -1, 'assistant' from read_parquet({{events}})
    union all
    select e.evidence, e.record, e.part, c.hash, c.position, c.role
    from {{uses}} c
    join read_parquet({{events}}) e on e.segment = c.segment and e.row = c.row
) u
join evidence i on i.evidence = u.evidence
where u.hash is not null;

-- What the last analysis claims, with what was said of it since.
create temp view findings as
select
    f.id, f.severity, f.detector, f.title, f.subject, f.bucket, f.actor, f.first_ts as first, f.last_ts as last, f.explanation, f.facts,
    f.tags, f.parts, f.score, f.p, f.q, f.tests, f.event_count, coalesce(j.state, 'open') as state, j.verdict,
    f.suppressed_by, f.suppressed_until, f.suppressed_reason, f.run, f.rank
from finding f
left join {{judged}} j on j.finding = f.id;

create temp view finding_events as
select
    f.finding as finding_id, f.position,
    substr(i.evidence_id, 1, {{prefix}}) || '-' || f.record || case when f.part > 0 then '.' || f.part else '' end as event_id
from finding_event f
join evidence i on i.evidence = f.evidence;

-- The notes and tags that events have, with the entry of the ledger that gave them.
create temp view event_words as
select
    substr(w.evidence_id, 1, {{prefix}}) || '-' || w.record || case when w.part > 0 then '.' || w.part else '' end as event_id,
    w.action, w.text, w.actor, try_cast(w.said_at as timestamptz) as said_at, w.entry
from {{words}} w;
