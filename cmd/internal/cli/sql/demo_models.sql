-- Which models were called, by how many principals, and how often the call was
-- refused.
select
    model, count(*) as calls, count(distinct principal) as principals,
    count(*) filter (where outcome = 'denied') as denied
from calls
where model is not null
group by all
order by 2 desc, 1;
