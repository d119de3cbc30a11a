-- What actors with some history did in each hour: whole numbers, costs in
-- 1e-9 USD. What no call of the hour says is 0.
with enough as (
    select actor from call where actor is not null group by actor having count(*) >= $calls
)
select
    c.actor::varchar as actor, c.at_us // 3600000000 as hour,
    count(*) as calls,
    sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))::bigint as tokens,
    (coalesce(sum(cost_usd), 0) * 1000000000)::bigint as cost
from call c
semi join enough e on e.actor = c.actor
group by c.actor, c.at_us // 3600000000
order by c.actor::varchar, hour;
