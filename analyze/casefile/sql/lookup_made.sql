-- The ids of the tool calls that the given events made, as a JSON list.
select e.segment * 268435456 + e.row, to_json(json_extract_string(e.tool_calls, '$[*].id'))::varchar
from read_parquet({{events}}) e
join (values {{places}}) p(segment, row) on p.segment = e.segment and p.row = e.row
where e.tool_calls is not null
