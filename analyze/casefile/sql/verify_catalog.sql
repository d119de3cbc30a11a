-- Everything that the database $database holds besides rows: compared with
-- what the schema makes. A planted view or macro could stand in for a table or
-- a function. Built-in functions are asked for by their full name for that
-- reason.
select kind, name, what
from (
    select 'schema' as kind, schema_name as name, null as what
    from system.main.duckdb_schemas()
    where database_name = $database and not internal
    union all
    select 'table', schema_name || '.' || table_name, null
    from system.main.duckdb_tables()
    where database_name = $database
    union all
    select 'column', schema_name || '.' || table_name || '.' || column_name,
        concat_ws(' ', column_index, data_type, is_nullable, column_default)
    from system.main.duckdb_columns()
    where database_name = $database and not internal
    union all
    select 'view', schema_name || '.' || view_name, sql
    from system.main.duckdb_views()
    where database_name = $database and not internal
    union all
    select 'macro', schema_name || '.' || function_name, macro_definition
    from system.main.duckdb_functions()
    where database_name = $database and not internal
    union all
    select 'sequence', schema_name || '.' || sequence_name, null
    from system.main.duckdb_sequences()
    where database_name = $database
    union all
    select 'index', schema_name || '.' || index_name, sql
    from system.main.duckdb_indexes()
    where database_name = $database
    union all
    select 'type', schema_name || '.' || type_name, null
    from system.main.duckdb_types()
    where database_name = $database and not internal
    union all
    select 'constraint', schema_name || '.' || table_name, constraint_text
    from system.main.duckdb_constraints()
    where database_name = $database
)
order by all;
