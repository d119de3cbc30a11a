-- The planes and formats of events that tell of calls, by role, with the columns that the
-- format has.
select t.told_by, t.plane, t.format, string_agg(c.column_name, ',' order by c.column_name) as columns
from call_teller t
join (select distinct format, column_name from coverage where events > 0) c on c.format = t.format
group by t.told_by, t.plane, t.format
order by all;
