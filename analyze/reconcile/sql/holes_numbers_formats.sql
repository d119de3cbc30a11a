-- The logs whose records have an id of their own.
select distinct format from coverage where column_name = 'native_id' and events >= $least order by format
