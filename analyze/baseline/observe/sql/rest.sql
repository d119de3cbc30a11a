-- How many subjects have no place, and how many calls they made.
select dimension, count(*) as subjects, sum(calls)::bigint as calls
from baseline_subject
where not kept
group by dimension
order by dimension;
