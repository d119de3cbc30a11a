-- The events with one of the found texts in a column. A text that was put
-- together from chunks counts for the first event of its call.
insert into search_hit
select distinct h.term, {{place}}, e.eid
from (
    select segment * 268435456 + row as eid, {{hash}} as hash from read_parquet({{events}})
    union all
    select call, {{hash}} from joined_text
) e
join search_said h on h.hash = e.hash
anti join duplicate d on d.eid = e.eid
