-- How many events say a thing. text stands for what was said to or by a model.
select coalesce(sum(events), 0)::bigint
from coverage
where column_name = $column or $column = 'text' and column_name in ('system_prompt', 'prompt', 'response', 'input_messages', 'output_messages')
