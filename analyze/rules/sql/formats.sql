-- The formats that the case has events of.
select distinct format from coverage where column_name = '*' and events > 0 order by format
