-- The operations that the case has of each format.
select distinct format, operation from events_all
