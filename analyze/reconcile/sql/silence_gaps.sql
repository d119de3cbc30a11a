-- How many runs of empty minutes each source has.
select format, plane, count(*) from quiet group by all order by all
