-- id: content.attack
-- title: A prompt tried to override the model's instructions or to break its rules
-- severity: low
-- version: 3
-- why: Injection, jailbreaks and questions for the system prompt come before misuse. An
--   attempt that the model refused or a guardrail blocked is low; one that it answered
--   is medium, and several that it answered in one conversation are high. A weak sign
--   stays low where it is alone: who tries it in other words as well, and is answered, is
--   medium. Where logs name no conversation, it ends after an hour without an attempt. What
--   a conversation repeats of itself is no other attempt, and no answer is an embedding.
--   Several prompts of a conversation that each show a little too little are sure together,
--   and so is one where the model refused something within the hour. Of who sends such
--   texts on many days it is said once, and is low.
-- tags: atlas.aml.t0051.000, atlas.aml.t0054, owasp.llm01
-- needs: text
-- threshold: score = 0.7 share: of 1, how strongly a prompt must look like an attack
-- threshold: together = 0.85 share: of 1, how strongly several prompts of a conversation must look like one
-- threshold: refused = 0.6 share: of 1, how strongly a refusal within the hour makes one of what is little short of it
-- reads: call, said_sign
-- false positive: people who test the model or write about attacks: look for the same actor doing it on other days
-- false positive: role play and fiction without harm
-- triage: read the prompts that match and what the model answered: exhibit show EVENT
-- triage: see who else sent the same text: exhibit affected EVENT
-- collect: the conversation, with system prompt and answers
-- contain: block the text in the guardrail; talk to the person before taking access away
with sign as (
    select s.eid, s.at_us, s.actor, s.session, s.hash, s.own, s.kind, s.label, s.strongest,
        -- What a search found as a suffix looks much like data and keys: without words it must be surer.
        s.strongest >= case when s.label = 'suffix' then greatest(0.9, $score) else $score end as sure,
        c.outcome = 'success' and coalesce(c.kind, '') <> 'embedding' and s.eid not in (select eid from refused_call) as answered
    from said_sign s
    join call c on c.eid = s.eid
    where s.role = 'user' and s.kind in ('injection', 'jailbreak', 'extraction') and s.actor is not null
        and s.strongest >= $score / 2
    window text as (partition by s.actor, s.session, s.hash, s.kind)
    -- A text counts where it was asked; of what is only seen as part of a conversation, the first time.
    qualify s.own or not bool_or(s.own) over text and row_number() over (text order by s.at_us, s.eid) = 1
),
-- Who has to do with attacks on at least five days, and on one of five of those on
-- which it calls at all, tests or studies them, or does nothing else: that is said once.
usual as (
    select a.actor
    from (select actor, count(distinct at_us // 86400000000) as days from sign where sure group by actor) a
    join (select actor, count(distinct at_us // 86400000000) as days from call group by actor) c on c.actor = a.actor
    where a.days >= 5 and a.days * 5 >= c.days
),
paused as (
    select *,
        coalesce(at_us - lag(at_us) over (partition by actor, session order by at_us, eid, kind, hash) > 3600000000, true)::int as begins
    from sign
),
sat as (
    select *, sum(begins) over (partition by actor, session order by at_us, eid, kind, hash rows unbounded preceding) as sitting
    from paused
),
placed as (
    select *,
        case
            when actor in (select actor from usual) then 'usual'
            else coalesce(session, strftime(make_timestamp(min(at_us) over (partition by actor, session, sitting)), '%Y-%m-%dT%H:%M:%SZ'))
        end as talk
    from sat
),
-- What remains when every text of a conversation that is little short of sure is
-- doubted on its own: several that each show too little are sure together, and so is one
-- that goes with a refusal, by which a model says what it takes for an attack. What looks
-- like data does so all along a conversation.
likely as (
    select actor, talk, session, hash, least(max(strongest), 0.99) as strongest, min(at_us) as first_us, max(at_us) as last_us
    from placed
    where talk <> 'usual' and (sure or label <> 'suffix' and strongest >= $score - 0.1)
    group by all
),
declined as (
    select distinct l.actor, l.talk
    from likely l
    join call c on c.actor = l.actor and c.session is not distinct from l.session
        and c.at_us between l.first_us - 3600000000 and l.last_us + 3600000000
    where c.eid in (select eid from refused_call)
),
doubted as (
    select l.actor, l.talk, count(*) as likely,
        list_reduce(list(1 - l.strongest order by l.hash), lambda a, b: a * b) * case when any_value(d.actor) is null then 1 else 1 - $refused end as doubt
    from likely l
    left join declined d on d.actor = l.actor and d.talk = l.talk
    group by l.actor, l.talk
),
grouped as (
    select actor, talk,
        count(distinct at_us // 86400000000) filter (sure) as days,
        count(distinct eid) filter (sure) as attempts,
        count(distinct eid) filter (not sure) as weaker,
        -- Logs may show one text of one call in two forms.
        least(count(distinct hash), count(distinct eid)) as texts,
        count(distinct eid) filter (answered) as answers,
        count(distinct eid) filter (sure and answered) as complied,
        least(count(distinct hash) filter (sure and answered), count(distinct eid) filter (sure and answered)) as complied_texts,
        min(at_us) as first_us, max(at_us) as last_us, list(distinct eid order by eid) as eids,
        coalesce(
            arg_min(kind || ' (' || label || ')', (at_us, eid, kind)) filter (sure),
            arg_max(kind || ' (' || label || ')', (strongest, -at_us, -eid, kind))
        ) as what,
        max(strongest) as strongest,
        count(distinct kind) filter (sure) as kinds,
        max(strongest) filter (sure and answered) as strongest_answered
    from placed
    group by all
)
select
    actor as subject, talk as bucket, actor,
    case
        when talk = 'usual' or answers = 0 then 'low'
        when complied_texts >= 2 then 'high'
        when texts >= 2 or strongest_answered >= 0.75 then 'medium'
        else 'low'
    end as severity,
    case when talk = 'usual' then actor || ' sends texts of attacks on ' || days || ' days, as one who tests or studies them does'
    else actor || ' tried ' || what || case when complied > 0 or attempts = 0 and answers > 0 then ', and the model answered' else ', and the model did not go along' end end as title,
    case when attempts = 0 and likely = 1 then 'A prompt shows an attack almost surely, and within the hour the model refused one of the same actor; it answered ' || answers
    when attempts = 0 then likely || ' prompts of one conversation show an attack together, though none alone; the model answered ' || answers
    else attempts || ' prompts of ' || case when talk = 'usual' then 'these days' else 'one conversation' end || ' show an attack; the model answered ' || complied end
        || ' of them without refusing.' || case when attempts > 0 and weaker > 0 then ' ' || weaker || ' more show a weak sign.' else '' end || ' Whether an answer was harmful must be read.' as explanation,
    first_us, last_us, eids, attempts, complied, nullif(weaker, 0) as weaker_attempts, kinds, strongest as score
from grouped
left join doubted using (actor, talk)
where attempts > 0 or doubt <= 1 - $together
order by first_us, actor, talk
