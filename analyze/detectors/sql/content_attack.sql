-- id: content.attack
-- title: A prompt tried to override the model's instructions or to break its rules
-- severity: low
-- version: 2
-- why: Injection, jailbreaks and questions for the system prompt come before misuse. An
--   attempt that the model refused or a guardrail blocked is low; one that it answered
--   is medium, and several that it answered in one conversation are high. Weak signs
--   stay low. Of who sends such texts on many days it is said once, and is low.
-- tags: atlas.aml.t0051.000, atlas.aml.t0054, owasp.llm01
-- needs: text
-- threshold: score = 0.7 share: of 1, how strongly a prompt must look like an attack
-- reads: call, said_sign
-- false positive: people who test the model or write about attacks: look for the same actor doing it on other days
-- false positive: role play and fiction without harm
-- triage: read the prompts that match and what the model answered: exhibit show EVENT
-- triage: see who else sent the same text: exhibit affected EVENT
-- collect: the conversation, with system prompt and answers
-- contain: block the text in the guardrail; talk to the person before taking access away
with attack as (
    select *, coalesce(session, (at_us // 3600000000)::varchar) as talk
    from said_sign
    where role = 'user' and kind in ('injection', 'jailbreak', 'extraction') and actor is not null
        -- What a search found as a suffix looks much like data and keys: without words it must be surer.
        and strongest >= case when label = 'suffix' then greatest(0.9, $score) else $score end
),
refused as (
    select eid from refused_call
),
-- Who has to do with attacks on at least five days, and on one of five of those on
-- which it calls at all, tests or studies them, or does nothing else: that is said once.
usual as (
    select a.actor
    from (select actor, count(distinct at_us // 86400000000) as days from attack group by actor) a
    join (select actor, count(distinct at_us // 86400000000) as days from call group by actor) c on c.actor = a.actor
    where a.days >= 5 and a.days * 5 >= c.days
),
answered as (
    select a.*, a.outcome = 'success' and r.eid is null as complied
    from attack a
    left join refused r on r.eid = a.eid
),
grouped as (
    select actor, case when actor in (select actor from usual) then 'usual' else talk end as talk,
        count(distinct at_us // 86400000000) as days, count(distinct eid) as attempts, count(distinct eid) filter (complied) as complied,
        min(at_us) as first_us, max(at_us) as last_us, list(distinct eid order by eid) as eids,
        arg_min(kind || ' (' || label || ')', (at_us, eid, kind)) as what, max(strongest) as strongest, count(distinct kind) as kinds,
        max(strongest) filter (complied) as strongest_answered
    from answered
    group by all
)
select
    actor as subject, talk as bucket, actor,
    case
        when talk = 'usual' or complied = 0 or strongest_answered < 0.75 then 'low'
        when complied >= 2 then 'high'
        else 'medium'
    end as severity,
    case when talk = 'usual' then actor || ' sends texts of attacks on ' || days || ' days, as one who tests or studies them does'
    else actor || ' tried ' || what || case when complied > 0 then ', and the model answered' else ', and the model did not go along' end end as title,
    attempts || ' prompts of ' || case when talk = 'usual' then 'these days' else 'one conversation' end || ' show an attack; the model answered ' || complied
        || ' of them without refusing. Whether an answer was harmful must be read.' as explanation,
    first_us, last_us, eids, attempts, complied, kinds, strongest as score
from grouped
order by first_us, actor, talk
