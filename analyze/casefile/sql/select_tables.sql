-- The named views and tables in their order, with their columns.
select table_name, column_name, data_type
from duckdb_columns()
where table_name in {{names}}
order by list_position({{names}}, table_name), column_index
