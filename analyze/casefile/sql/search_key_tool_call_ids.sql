-- The events that have one of the values among the ids of tool calls.
insert into search_hit
select term, {{place}}, eid from search_keyed where list_contains(from_json({{column}}, '["VARCHAR"]'), value)
