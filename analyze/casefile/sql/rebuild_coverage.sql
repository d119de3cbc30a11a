-- Rows in which each column of the events has a value, by format.
select format, count(*) as "*", {{columns}}
from read_parquet({{events}})
group by format
order by format
