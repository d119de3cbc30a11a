-- Calls that were answered and whose content is in no log, by caller.
select min(ts) as first, max(ts) as last, count(*) as calls, principal, model
from calls
where kind = 'inference' and outcome = 'success' and not contains(planes, 'content')
group by principal, model
order by 3 desc, 1, 4, 5;
