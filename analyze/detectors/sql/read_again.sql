-- What each question of an application, or actor without one, was answered from, and the time
-- before.
create or replace temp table read_again as
with read as (
    select g.eid, md5(string_agg(lower(hex(g.hash)), ' ' order by g.hash)) as documents
    from given_document g
    where g.hash not in (select hash from document_prompt)
    group by g.eid
)
select
    c.eid, c.at_us, c.actor::varchar as actor, coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar, 'nobody known') as subject,
    r.documents, lag(r.documents) over (partition by subject, s.prompt order by c.at_us, c.eid) as before
from read r
join call c on c.eid = r.eid
join said s on s.eid = r.eid
where s.prompt is not null
