-- id: content.indirect-injection
-- title: A document or tool result gave the model instructions
-- severity: medium
-- why: What a model reads on a task can steer it. It is high where the model then called
--   a tool in the same conversation, and critical where that tool had not been used in
--   the conversation before.
-- tags: atlas.aml.t0051.001, atlas.aml.t0070, owasp.llm01, owasp.asi01
-- needs: text
-- reads: call, said_sign, tool_call
-- threshold: score = 0.6 share: of 1, how strongly a text must look like an instruction to the model
-- false positive: documents about prompt injection, and prompts that are kept as documents
-- triage: read the text: where does it come from, who can write there
-- triage: read the tool calls after it: did they do what the text asked for
-- triage: find everyone who met the same text: exhibit affected EVENT
-- collect: the document with its history, and the conversation
-- contain: take the document out of the index; hold tool calls of the application for approval
with planted as (
    select *, coalesce(session, call_talk) as talk
    from (
        select s.*, (s.at_us // 3600000000)::varchar as call_talk
        from said_sign s
        where s.role in ('document', 'tool') and s.kind = 'injection' and s.strongest >= $score
    )
),
after as (
    select p.hash, p.talk, p.actor,
        count(distinct t.eid) as tool_calls,
        min(t.at_us) as acted_us,
        list(distinct t.eid order by t.eid)[:50] as eids,
        bool_or(not exists (
            select 1 from tool_call b where b.session = t.session and b.tool = t.tool and b.at_us < p.at_us
        )) as new_tool,
        arg_min(t.tool, (t.at_us, t.eid)) as tool
    from planted p
    join tool_call t on t.session = p.session and t.at_us >= p.at_us and t.at_us < p.at_us + 3600000000
    group by p.hash, p.talk, p.actor
),
grouped as (
    select p.hash, p.talk, p.actor, min(p.at_us) as first_us, list(distinct p.eid order by p.eid) as eids,
        min(p.role) as role, max(p.strongest) as strongest, min(p.label) as label, min(p.app) as app
    from planted p
    group by p.hash, p.talk, p.actor
)
select
    coalesce(g.app, g.actor, 'nobody known') as subject,
    g.talk || ' ' || lower(hex(g.hash))[:16] as bucket,
    g.actor,
    case when a.tool_calls > 0 and a.new_tool then 'critical' when a.tool_calls > 0 then 'high' else 'medium' end as severity,
    'A ' || case g.role when 'tool' then 'tool result' else 'document' end || ' gave the model of ' || coalesce(g.app, g.actor, 'an unknown caller') || ' instructions ('
        || g.label || ')' || case when a.tool_calls > 0 then ', and it called ' || coalesce(a.tool, 'a tool') else '' end as title,
    'The text is among what the model was given, not what its user said. '
        || case when a.tool_calls > 0 then a.tool_calls || ' calls in the hour after it asked for tools'
            || case when a.new_tool then ', one of them a tool that the conversation had not used before.' else ', all of which the conversation had used before.' end
            else 'No tool was called in the hour after it.' end as explanation,
    g.first_us, coalesce(a.acted_us, g.first_us) as last_us,
    list_sort(list_distinct(list_concat(g.eids, coalesce(a.eids, [])))) as eids,
    lower(hex(g.hash)) as text_sha256, g.strongest as score, coalesce(a.tool_calls, 0) as tool_calls_after
from grouped g
left join after a on a.hash = g.hash and a.talk = g.talk and a.actor is not distinct from g.actor
order by g.first_us, subject, bucket
