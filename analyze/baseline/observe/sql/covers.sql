-- Of which days the logs of each provider tell: the last run of days with calls or
-- acts of it, with no more than so many days without any between two. Of providers
-- those with the most.
with day as (
    select coalesce(provider::varchar, '') as provider, at_us // 86400000000 as day, count(*) as times
    from call
    where at_us >= $from and at_us < $to
    group by all
    union all
    select coalesce(provider, ''), at_us // 86400000000, count(*)
    from act
    where at_us >= $from and at_us < $to
    group by all
),
gap as (
    select provider, day, sum(times) as times, day - lag(day) over (partition by provider order by day) as since
    from day
    group by provider, day
),
run as (
    select
        provider, max(day) filter (since is null or since > $hole + 1) as first_day, max(day) as last_day,
        row_number() over (order by sum(times) desc, provider) <= $covers as kept
    from gap
    group by provider
)
select provider, first_day, last_day
from run
where kept
order by provider
