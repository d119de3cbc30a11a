-- The columns in which an event says something.
select distinct column_name from coverage where events > 0 order by column_name
