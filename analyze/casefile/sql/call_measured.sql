-- Which columns the formats have whose events stand in a role.
select distinct t.told_by, c.column_name
from call_teller t
join coverage c on c.format = t.format
where c.events > 0
order by all;
