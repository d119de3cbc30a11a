-- The call of each event that was given documents or results of tools: by itself, for a
-- join of all three kinds of rows with what they were given keeps all of them in memory.
create or replace temp table given_call as
select c.eid, coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call) as call_eid
from call_event c
left join joined_call j on j.call = c.call
left join merged_call m on m.call = c.call
where c.eid in (select eid from stored_use where side = 'retrieved' or role = 'tool');

-- What each call was given to read: documents, results of tools, and prompts with
-- documents in them.
create or replace temp table given_document as
select distinct eid, hash
from (
    select coalesce(c.call_eid, u.eid) as eid, u.hash
    from stored_use u
    left join given_call c on c.eid = u.eid
    anti join duplicate d on d.eid = u.eid
    where u.side = 'retrieved' or u.role = 'tool'
    union all
    select eid, prompt from said where prompt in (select hash from document_prompt)
);

drop table given_call;

-- The numbers that answers from documents state.
create or replace temp table answer_number as
select distinct s.eid, s.response, t.number
from said s
join stated t on t.hash = s.response
where s.eid in (select eid from given_document);

-- Those of them that something says that the call was given: a document, question,
-- instruction or earlier turn. Each kind is looked at by itself: what all of them gave,
-- every turn of every conversation again, takes more memory than there is.
create or replace temp table known_number as
select n.eid, n.number
from given_document g
join stated t on t.hash = g.hash
join answer_number n on n.eid = g.eid and n.number = t.number;

insert into known_number
select n.eid, n.number
from (
    select eid, prompt as hash from said where prompt is not null
    union all
    select eid, system_prompt from said where system_prompt is not null
) g
join stated t on t.hash = g.hash
join answer_number n on n.eid = g.eid and n.number = t.number;

insert into known_number
select n.eid, n.number
from stored_use u
join stated t on t.hash = u.hash
join answer_number n on n.eid = u.eid and n.number = t.number and n.response <> u.hash
where u.side <> 'output';

-- The answers from documents, with how many numbers they state that nothing says that the
-- call was given.
create or replace temp table answered_from as
select n.eid, count(*) as numbers, count(*) filter (k.eid is null) as missing
from answer_number n
left join (select distinct eid, number from known_number) k on k.eid = n.eid and k.number = n.number
group by n.eid;

drop table answer_number;

drop table known_number;

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
