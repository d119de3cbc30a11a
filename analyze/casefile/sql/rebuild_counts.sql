-- What the live events say about each piece of evidence.
select evidence, count(*), count(*) filter (kind = 'unparsed'), count(*) filter (ts is null), epoch_us(min(ts)), epoch_us(max(ts))
from read_parquet({{events}})
group by evidence
order by evidence
