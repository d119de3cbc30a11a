-- What time each log covers. Of the first and last events one in a hundred does
-- not count, at most 20: their clocks may have been wrong.
with counted as (
    select format, ts, events, least(20, sum(events) over (partition by format) // 100) as stray,
        sum(events) over (partition by format order by ts) as so_far,
        sum(events) over (partition by format order by ts desc) as to_come
    from (select format, ts, sum(events) as events from minute where ts is not null group by format, ts)
)
select format, epoch_us(min(ts) filter (so_far > stray)), epoch_us(max(ts) filter (to_come > stray)) + 60000000
from counted
group by format
order by format
