-- What users said to the model in some calls, by the hashes of the texts. Prompts
-- that hold documents are not what a user said.
with wanted as (
    select unnest(from_json($eids, '["BIGINT"]')) as eid
),
shown as (
    select coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call, u.eid) as eid, u.hash
    from stored_use u
    left join call_event c on c.eid = u.eid
    left join joined_call j on j.call = c.call
    left join merged_call m on m.call = c.call
    where u.role = 'user' and u.side = 'input'
    union
    select eid, prompt from said where prompt is not null
)
select s.eid, lower(hex(s.hash)) as hash
from shown s
join wanted w on w.eid = s.eid
where s.hash not in (select hash from document_prompt)
order by s.eid, hash
