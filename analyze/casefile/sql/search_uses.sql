-- The events with one of the found texts in a message.
insert into search_hit
select distinct h.term, {{place}}, e.eid
from (select segment * 268435456 + row as eid, hash from {{uses}}) e
join search_said h on h.hash = e.hash
anti join duplicate d on d.eid = e.eid
