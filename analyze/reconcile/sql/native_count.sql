-- How many events have an id of their own.
select coalesce(sum(events), 0)::bigint from coverage where column_name = 'native_id'
