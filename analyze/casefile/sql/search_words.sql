-- The events with one of the found values in a column.
insert into search_hit
select h.term, h.place, e.eid
from (select segment * 268435456 + row as eid, {{column}} as value from read_parquet({{events}})) e
join (select term, place, value from search_word where place = {{place}}) h on h.value = e.value
anti join duplicate d on d.eid = e.eid
