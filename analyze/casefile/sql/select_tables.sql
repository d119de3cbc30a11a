-- The views of the SQL surface in their order, with their columns.
select table_name, column_name, data_type
from duckdb_columns()
where table_name in ('events', 'events_all', 'calls', 'records', 'identifiers', 'content', 'content_use', 'evidence')
order by
    list_position(['events', 'events_all', 'calls', 'records', 'identifiers', 'content', 'content_use', 'evidence'], table_name),
    column_index
