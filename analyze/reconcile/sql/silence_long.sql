-- The longer runs of empty minutes: nothing from the first time to the second.
select format, plane, epoch_us(before) + 60000000, epoch_us(after)
from quiet
where epoch_us(after) - epoch_us(before) - 60000000 >= $least
order by all
