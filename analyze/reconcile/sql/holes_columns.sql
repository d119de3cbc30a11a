-- Which of the columns that can show a hole any log has.
select distinct column_name
from coverage
where column_name in ('sequence', 'parent_message_id', 'parent_span_id', 'native_id') and events > 0
order by column_name
