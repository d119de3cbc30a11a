-- id: content.attack
-- title: A prompt tried to override the model's instructions or to break its rules
-- severity: low
-- why: Injection, jailbreaks and questions for the system prompt come before misuse. An
--   attempt that the model refused or a guardrail blocked is low; one that it answered
--   is medium, and several that it answered in one conversation are high. Weak signs
--   stay low, and so does an actor of whom attempts were seen on three earlier days:
--   people who test models do it again and again.
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
        arg_min(kind || ' (' || label || ')', (at_us, eid, kind)) as what, max(strongest) as strongest, count(distinct kind) as kinds,
        max(strongest) filter (complied) as strongest_answered
    from answered
    where label <> 'suffix' or strongest >= 0.9 -- of a statistic alone, not of words
    group by actor, talk
),
usual as (
    select g.actor, g.talk, count(distinct a.at_us // 86400000000) as earlier_days
    from grouped g
    join attack a on a.actor = g.actor and a.at_us // 86400000000 < g.first_us // 86400000000
    group by g.actor, g.talk
)
select
    g.actor as subject, g.talk as bucket, g.actor,
    case
        when complied = 0 or strongest_answered < 0.8 or coalesce(u.earlier_days, 0) >= 3 then 'low'
        when complied >= 2 then 'high'
        else 'medium'
    end as severity,
    g.actor || ' tried ' || what || case when complied > 0 then ', and the model answered' else ', and the model did not go along' end as title,
    attempts || ' prompts of one conversation show an attack; the model answered ' || complied
        || ' of them without refusing. Whether an answer was harmful must be read.' as explanation,
    first_us, last_us, eids, attempts, complied, kinds, strongest as score, coalesce(u.earlier_days, 0) as earlier_days_with_attempts
from grouped g
left join usual u on u.actor = g.actor and u.talk = g.talk
order by first_us, g.actor, g.talk
