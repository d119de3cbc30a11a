-- The events that have one of the values as an identifier in a column.
insert into search_hit
select term, {{place}}, eid from search_keyed where {{column}} = value
