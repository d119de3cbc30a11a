-- The values that may be worth following.
select kind, value, units, events, people, failed, first, last, found, coalesce(finding, -1), started
from pivot_value
where not $started::boolean or started > 0
order by kind, value
