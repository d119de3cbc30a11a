-- Everything that the databases hold besides rows: what is in derived is
-- compared with what the schema makes in memory. A planted view or macro could
-- stand in for a table or a function. Built-in functions are asked for by their
-- full name for that reason.
select database, kind, name, what
from (
    select database_name as database, 'schema' as kind, schema_name as name, null as what
    from system.main.duckdb_schemas()
    where not internal
    union all
    select database_name, 'table', schema_name || '.' || table_name, null
    from system.main.duckdb_tables()
    union all
    select database_name, 'column', schema_name || '.' || table_name || '.' || column_name,
        concat_ws(' ', column_index, data_type, is_nullable, column_default)
    from system.main.duckdb_columns()
    where not internal
    union all
    select database_name, 'view', schema_name || '.' || view_name, sql
    from system.main.duckdb_views()
    where not internal
    union all
    select database_name, 'macro', schema_name || '.' || function_name, macro_definition
    from system.main.duckdb_functions()
    where not internal
    union all
    select database_name, 'sequence', schema_name || '.' || sequence_name, null
    from system.main.duckdb_sequences()
    union all
    select database_name, 'index', schema_name || '.' || index_name, sql
    from system.main.duckdb_indexes()
    union all
    select database_name, 'type', schema_name || '.' || type_name, null
    from system.main.duckdb_types()
    where not internal
    union all
    select database_name, 'constraint', schema_name || '.' || table_name, constraint_text
    from system.main.duckdb_constraints()
)
order by all;
