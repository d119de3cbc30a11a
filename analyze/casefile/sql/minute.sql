insert into minute
select time_bucket(interval 1 minute, ts), format, plane, kind, outcome, count(*)
from read_parquet({{events}})
group by all
order by all;
