-- How many events there are in each hour that has any, by the roll-up per minute.
select epoch_us(time_bucket(interval 1 hour, ts)), sum(events)::bigint
from minute
where ts is not null
group by 1
order by 1
