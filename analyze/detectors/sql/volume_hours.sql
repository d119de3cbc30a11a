-- What actors with some history did in each hour: whole numbers, costs in
-- 1e-9 USD. What no call of the hour says is 0. It begins where it did not call for
-- three minutes before.
with enough as (
    select actor from call where actor is not null group by actor having count(*) >= $calls
),
paused as (
    select
        c.actor, c.at_us, coalesce(c.input_tokens, 0) + coalesce(c.output_tokens, 0) as tokens, c.cost_usd,
        c.at_us - lag(c.at_us) over (partition by c.actor order by c.at_us) as pause
    from call c
    semi join enough e on e.actor = c.actor
)
select
    actor::varchar as actor, at_us // 3600000000 as hour,
    count(*) as calls,
    count(*) filter (pause is null or pause >= 180000000) as begun,
    sum(tokens)::bigint as tokens,
    (coalesce(sum(cost_usd), 0) * 1000000000)::bigint as cost
from paused
group by actor, at_us // 3600000000
order by actor::varchar, hour;
