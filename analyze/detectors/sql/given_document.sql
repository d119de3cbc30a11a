-- What each call was given to read: documents, results of tools, and prompts with
-- documents in them.
create or replace temp table given_document as
select distinct eid, hash
from (
    select coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call, u.eid) as eid, u.hash
    from stored_use u
    left join call_event c on c.eid = u.eid
    left join joined_call j on j.call = c.call
    left join merged_call m on m.call = c.call
    anti join duplicate d on d.eid = u.eid
    where u.side = 'retrieved' or u.role = 'tool'
    union all
    select eid, prompt from said where prompt in (select hash from document_prompt)
);

-- The answers from documents, with how many numbers they state that nothing says that the
-- call was given: no document, question, instruction or earlier turn.
create or replace temp table answered_from as
with answer as (
    select s.eid, s.response, s.prompt, s.system_prompt
    from said s
    where s.eid in (select eid from given_document) and s.response is not null
),
number as (
    select distinct a.eid, t.number from answer a join stated t on t.hash = a.response
),
given as (
    select eid, hash from given_document
    union
    select eid, prompt from answer where prompt is not null
    union
    select eid, system_prompt from answer where system_prompt is not null
    union
    select u.eid, u.hash from stored_use u join answer a on a.eid = u.eid and a.response <> u.hash where u.side <> 'output'
),
known as (
    select distinct g.eid, t.number from given g join stated t on t.hash = g.hash
)
select n.eid, count(*) as numbers, count(*) filter (k.eid is null) as missing
from number n
left join known k on k.eid = n.eid and k.number = n.number
group by n.eid;

-- The calls whose documents say different numbers of the same thing. What has many numbers
-- in one text is a column of a table.
create or replace temp table conflicting as
with claim as (
    select g.eid, g.hash, t.what, t.number from given_document g join stated t on t.hash = g.hash where t.what <> 0
),
one as (
    select eid, what, count(distinct number) as numbers, count(*) as statements from claim group by eid, what
)
select g.eid, count(distinct o.what) as conflicts
from (select distinct eid from given_document) g
left join one o on o.eid = g.eid and o.numbers = 2
group by g.eid
