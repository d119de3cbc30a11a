-- Day by day, how many answers an actor got and how many of them were long: three times
-- as long or more as its usual one, and of 50 tokens at the least; when the first and
-- the last of these came.
with answer as (
    select actor, at_us, output_tokens
    from call
    where actor is not null and output_tokens > 0 and outcome = 'success'
),
usual as (select actor, greatest(3 * quantile_disc(output_tokens, 0.5), 50) as long from answer group by actor)
select
    actor::varchar as subject, at_us // 86400000000 as day, count(*) as n,
    count(*) filter (output_tokens >= long) as k,
    coalesce(min(at_us) filter (output_tokens >= long), 0) as first,
    coalesce(max(at_us) filter (output_tokens >= long), 0) as last
from answer
join usual using (actor)
group by actor, at_us // 86400000000
order by subject, day;
