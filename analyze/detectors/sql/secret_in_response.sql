-- id: exfiltration.secret-in-response
-- title: A model's answer held a secret
-- severity: high
-- why: Who gets a key out of a model, its tools or its documents can use it elsewhere. A
--   secret that the person had given the model in the same conversation is no news to them
--   and counts less.
-- tags: attack.t1552, atlas.aml.t0057, owasp.llm02
-- needs: text
-- reads: call, said_sign
-- threshold: score = 0.6 share: of 1, how sure it must be that what looks like a secret is one
-- false positive: examples in documentation that look like keys
-- false positive: code in which a person pasted a key of their own
-- triage: find out whose key it is and whether it works, without using it
-- triage: see where the model had it from: its system prompt, a document, a tool result
-- collect: the conversation, and the uses of the key since: exhibit match
-- contain: rotate the key; take it out of the prompt or document that holds it
with answered as (
    select *, coalesce(session, (at_us // 3600000000)::varchar) as talk
    from said_sign
    where kind = 'secret' and role = 'assistant' and strongest >= $score
),
given as (
    select distinct session from said_sign where kind = 'secret' and role = 'user' and session is not null
),
grouped as (
    select coalesce(a.actor, 'nobody known') as subject, a.talk, min(a.actor) as actor, min(a.at_us) as first_us, max(a.at_us) as last_us,
        list(distinct a.eid order by a.eid) as eids, count(distinct a.eid) as answers, min(a.label) as label, max(a.strongest) as strongest,
        bool_or(g.session is not null) as own
    from answered a
    left join given g on g.session = a.session
    group by 1, 2
)
select subject, talk as bucket, actor,
    case when own then 'low' else 'high' end as severity,
    'An answer to ' || subject || ' held a secret (' || label || ')' as title,
    answers || ' answers of one conversation hold what looks like a secret'
        || case when own then '; the person had given the model one before.' else ', which nobody had given the model in it.' end as explanation,
    first_us, last_us, eids, answers, label, strongest as score
from grouped
order by first_us, subject, talk
