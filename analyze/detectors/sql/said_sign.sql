-- Who said what shows a sign, and in which call: each text where a session says
-- it first, for a conversation repeats what was said before. A call that several
-- logs show counts once. strongest is the highest score of the kind in the text.
create or replace temp table sign_text as
select hash, kind, max(score) as strongest, arg_max(label, (score, label)) as label, arg_max(via, (score, label)) as via, min(role) as role
from sign
group by hash, kind;

create or replace temp table sign_use as
with shown as (
    select eid, prompt_hash as hash, 'user' as role from stored_event where prompt_hash in (select hash from sign_text)
    union all
    select eid, response_hash, 'assistant' from stored_event where response_hash in (select hash from sign_text)
    union all
    select eid, system_prompt_hash, 'system' from stored_event where system_prompt_hash in (select hash from sign_text)
    union all
    select eid, reasoning_hash, 'reasoning' from stored_event where reasoning_hash in (select hash from sign_text)
    union all
    select eid, hash, case when side = 'retrieved' then 'document' else role end from stored_use where hash in (select hash from sign_text)
)
select distinct u.hash, u.role, coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call, u.eid) as eid
from shown u
left join call_event c on c.eid = u.eid
left join joined_call j on j.call = c.call
left join merged_call m on m.call = c.call
anti join duplicate d on d.eid = u.eid;

create or replace temp table said_sign as
with placed as (
    select u.hash, u.role, c.eid, c.at_us, c.actor, c.session, c.model, c.app, c.credential, c.outcome
    from sign_use u
    join call c on c.eid = u.eid
)
select p.*, s.kind, s.label, s.via, s.strongest
from placed p
join sign_text s on s.hash = p.hash
qualify row_number() over (
    partition by p.hash, s.kind, p.role, coalesce(p.session, p.actor, '') order by p.at_us, p.eid
) = 1 or p.session is null;
