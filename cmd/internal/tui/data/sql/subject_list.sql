-- The values of a column with the most events.
select {{column}}, count(*), epoch_us(min(ts)), epoch_us(max(ts))
from events
where {{column}} is not null and {{column}} <> ''
group by {{column}}
order by 2 desc, 1
limit {{limit}}
