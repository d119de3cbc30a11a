-- The events of one record, or with $part one of them.
select segment * 268435456 + row
from read_parquet({{events}})
where evidence = {{evidence}} and record = {{record}} and ($part is null or part = $part)
order by part
