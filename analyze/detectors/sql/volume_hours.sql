-- What actors with some history did in each hour: whole numbers, costs in
-- 1e-9 USD, logarithms in 1e-6. What no call of the hour says is 0, with the
-- number of calls that say it.
with enough as (
    select actor from call where actor is not null group by actor having count(*) >= $calls
)
select
    c.actor::varchar as actor, c.at_us // 3600000000 as hour,
    count(*) as calls,
    sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))::bigint as tokens,
    (coalesce(sum(cost_usd), 0) * 1000000000)::bigint as cost,
    coalesce(sum(output_tokens), 0)::bigint as output,
    count(output_tokens) filter (outcome = 'success') as with_output,
    coalesce(sum(round(ln(1 + greatest(output_tokens, 0)) * 1000000)::bigint) filter (outcome = 'success'), 0)::bigint as log_output,
    count(*) filter (outcome = 'throttled') as throttled
from call c
semi join enough e on e.actor = c.actor
group by c.actor, c.at_us // 3600000000
order by c.actor::varchar, hour;
