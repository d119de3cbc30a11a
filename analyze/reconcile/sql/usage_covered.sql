-- What time the logs cover that show calls of a provider, each a tenth of them
-- or more: from the latest of their first events to the earliest of their last.
with shown as (
    select lower(e.provider) as provider, e.format, count(*) as events
    from events e
    where e.kind in ('inference', 'embedding') and lower(e.provider) in (select provider from usage_line)
    group by all
),
main as (
    select provider, format from shown qualify events * 10 >= max(events) over (partition by provider)
),
-- A few events whose clocks were wrong do not lengthen what a log covers: of the
-- first and last events one in a hundred does not count, at most 20.
counted as (
    select format, ts, events, least(20, sum(events) over (partition by format) // 100) as stray,
        sum(events) over (partition by format order by ts) as so_far,
        sum(events) over (partition by format order by ts desc) as to_come
    from (select format, ts, sum(events) as events from minute where ts is not null group by format, ts)
),
span as (
    select format, min(ts) filter (so_far > stray) as first, max(ts) filter (to_come > stray) + interval 1 minute as last
    from counted
    group by format
)
select m.provider, epoch_us(max(s.first)), epoch_us(min(s.last)), string_agg(m.format, ', ' order by m.format)
from main m
join span s on s.format = m.format
group by m.provider
order by m.provider
