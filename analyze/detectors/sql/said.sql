-- Which system prompt each call had, and what it asked and answered, by the
-- hashes of the texts: of a call that several events show the greatest of each.
create or replace temp table said as
with shown as (
    select
        coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, e.eid) as eid,
        e.system_prompt_hash as system_prompt, e.prompt_hash as prompt, e.response_hash as response
    from stored_event e
    left join call_event c on c.eid = e.eid
    left join joined_call j on j.call = c.call
    anti join duplicate d on d.eid = e.eid
    where e.system_prompt_hash is not null or e.prompt_hash is not null or e.response_hash is not null
    union all
    select call, system_prompt_hash, prompt_hash, response_hash from merged_call
)
select eid, max(system_prompt) as system_prompt, max(prompt) as prompt, max(response) as response
from shown
group by eid
