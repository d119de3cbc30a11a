-- What the calls of each actor in an hour come to: whole numbers, costs in 1e-9 USD.
-- What no call of the hour says is 0, and hours of which all is are left out.
with hour as (
    select
        actor, at_us // 3600000000 as hour,
        count(*) filter (outcome = 'throttled') as throttled,
        coalesce(sum(input_tokens), 0) + coalesce(sum(output_tokens), 0) as tokens,
        coalesce(sum(cost_usd), 0) as cost
    from call
    where actor is not null
        and (outcome = 'throttled' or input_tokens is not null or output_tokens is not null or cost_usd is not null)
    group by all
)
select actor::varchar as actor, hour, throttled, tokens::bigint as tokens, (cost * 1000000000)::bigint as cost
from hour
where throttled <> 0 or tokens <> 0 or cost <> 0
order by actor, hour
