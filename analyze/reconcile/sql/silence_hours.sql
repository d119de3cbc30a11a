-- The minutes with events of each source per hour.
select format, plane, epoch_us(ts) // 3600000000 as hour, count(*)
from busy
group by all
order by all
