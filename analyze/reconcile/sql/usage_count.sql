-- How many totals there are, by what they are and whether they count calls.
select operation, kind is not null, count(*)
from usage_line
group by all
order by operation, kind is not null
