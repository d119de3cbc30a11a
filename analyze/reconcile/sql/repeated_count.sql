-- How many records there are at all, and how many of them repeat another.
select (select coalesce(sum(events), 0)::bigint from coverage where column_name = '*'), (select count(*) from duplicate)
