-- What each call was given to read, but for its question: the documents as one number that
-- hangs on which they are and not on their order.
create or replace temp table read_document as
select g.eid, bit_xor(md5_number(hex(g.hash))) as documents
from given_document g
anti join document_prompt p on p.hash = g.hash
group by g.eid;

-- Who asked which question of them: an application, or an actor without one.
create or replace temp table read_question as
select
    c.eid, c.at_us, c.actor, c.app, case when c.app is null then c.actor end as asker, s.prompt, r.documents,
    hash(c.app, case when c.app is null then c.actor end, s.prompt) as question
from read_document r
join call c on c.eid = r.eid
join said s on s.eid = r.eid
where s.prompt is not null;

-- What each question of an application, or actor without one, was answered from, and the time
-- before. Most questions are asked once: these are left out, for sorting all takes more
-- memory than there is.
create or replace temp table read_again as
select
    eid, at_us, actor::varchar as actor, coalesce('application ' || app::varchar, 'actor ' || asker::varchar, 'nobody known') as subject,
    documents, lag(documents) over (partition by app, asker, prompt order by at_us, eid) as before
from read_question q
semi join (select question from read_question group by question having count(*) > 1) a on a.question = q.question;

drop table read_question;

drop table read_document
