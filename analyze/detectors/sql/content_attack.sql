-- id: content.attack
-- title: A prompt tried to override the model's instructions or to break its rules
-- severity: low
-- why: Injection, jailbreaks and questions for the system prompt come before misuse. An
--   attempt that the model refused or a guardrail blocked is low; one that it answered
--   is medium, and several that it answered in one conversation are high.
-- tags: atlas.aml.t0051.000, atlas.aml.t0054, owasp.llm01
-- needs: text
-- reads: call, said_sign
-- threshold: score = 0.7 share: of 1, how strongly a prompt must look like an attack
-- false positive: people who test the model or write about attacks: look for the same actor doing it on other days
-- false positive: role play and fiction without harm
-- triage: read the prompts that match and what the model answered: exhibit show EVENT
-- triage: see who else sent the same text: exhibit affected EVENT
-- collect: the conversation, with system prompt and answers
-- contain: block the text in the guardrail; talk to the person before taking access away
with attack as (
    select *, coalesce(session, (at_us // 3600000000)::varchar) as talk
    from said_sign
    where role = 'user' and kind in ('injection', 'jailbreak', 'extraction') and strongest >= $score and actor is not null
),
refused as (
    select eid from refused_call
),
answered as (
    select a.*, a.outcome = 'success' and r.eid is null as complied
    from attack a
    left join refused r on r.eid = a.eid
),
grouped as (
    select actor, talk, count(distinct eid) as attempts, count(distinct eid) filter (complied) as complied,
        min(at_us) as first_us, max(at_us) as last_us, list(distinct eid order by eid) as eids,
        arg_min(kind || ' (' || label || ')', (at_us, eid, kind)) as what, max(strongest) as strongest, count(distinct kind) as kinds
    from answered
    group by actor, talk
)
select
    actor as subject, talk as bucket, actor,
    case when complied >= 2 then 'high' when complied = 1 then 'medium' else 'low' end as severity,
    actor || ' tried ' || what || case when complied > 0 then ', and the model answered' else ', and the model did not go along' end as title,
    attempts || ' prompts of one conversation show an attack; the model answered ' || complied
        || ' of them without refusing. Whether an answer was harmful must be read.' as explanation,
    first_us, last_us, eids, attempts, complied, kinds, strongest as score
from grouped
order by first_us, actor, talk
