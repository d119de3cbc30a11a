-- How many calls of an actor were throttled in an hour.
select actor::varchar as subject, actor::varchar as actor, at_us // 3600000000 as piece, count(*) as n, count(*) filter (outcome = 'throttled') as k
from call
where actor is not null
group by actor, at_us // 3600000000
order by subject, piece;
