-- Who said what shows a sign, and in which call: each text where a session says
-- it first, for a conversation repeats what was said before. A call that several
-- logs show counts once. strongest says how sure the signs of the kind make it
-- together, as content.Score does: what remains when the best sign of each label
-- is doubted on its own.
create or replace temp table sign_text as
with best as (
    select hash, kind, label, max(score) as score, arg_max(via, score) as via, min(role) as role
    from sign
    group by hash, kind, label
)
select hash, kind,
    least(0.99, 1 - list_reduce(list(1 - least(score, 1) order by label), lambda a, b: a * b)) as strongest,
    arg_max(label, (score, label)) as label, arg_max(via, (score, label)) as via, min(role) as role
from best
group by hash, kind;

-- own says that the text is what the call itself asked or answered, not what it
-- repeats of the conversation or was given to read.
create or replace temp table sign_use as
with shown as (
    select eid, prompt_hash as hash, 'user' as role, true as own from stored_event where prompt_hash in (select hash from sign_text)
    union all
    select eid, response_hash, 'assistant', true from stored_event where response_hash in (select hash from sign_text)
    union all
    select eid, system_prompt_hash, 'system', true from stored_event where system_prompt_hash in (select hash from sign_text)
    union all
    select eid, reasoning_hash, 'reasoning', true from stored_event where reasoning_hash in (select hash from sign_text)
    union all
    select eid, hash, case when side = 'retrieved' then 'document' else role end, false from stored_use where hash in (select hash from sign_text)
)
select u.hash, u.role, coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call, u.eid) as eid, bool_or(u.own) as own
from shown u
left join call_event c on c.eid = u.eid
left join joined_call j on j.call = c.call
left join merged_call m on m.call = c.call
anti join duplicate d on d.eid = u.eid
group by all;

create or replace temp table said_sign as
with placed as (
    select u.hash, u.role, u.own, c.eid, c.at_us, c.actor, c.session, c.model, c.app, c.credential, c.outcome
    from sign_use u
    join call c on c.eid = u.eid
)
select p.*, s.kind, s.label, s.via, s.strongest
from placed p
join sign_text s on s.hash = p.hash
qualify p.session is null or row_number() over (partition by p.hash, s.kind, p.role, p.session order by p.at_us, p.eid) = 1;

-- The calls that were refused: by the model in its answer, or by a guardrail.
create or replace temp table refused_call as
select distinct u.eid
from sign_use u
join sign_text s on s.hash = u.hash
where u.own and u.role = 'assistant' and s.kind in ('refusal', 'guardrail') and s.strongest >= 0.5
union
select eid from call where outcome = 'blocked';
