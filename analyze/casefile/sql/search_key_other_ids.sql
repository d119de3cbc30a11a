-- The events that have one of the values among their other identifiers.
insert into search_hit
select distinct term, {{place}}, eid
from (select term, value, eid, unnest(from_json({{column}}, '[{"kind":"VARCHAR","value":"VARCHAR"}]')) as id from search_keyed where {{column}} is not null)
where id.value = value
