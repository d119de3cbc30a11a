-- The events that findings list, by finding and place.
select f.finding, e.segment * 268435456 + e.row
from finding_event f
join read_parquet({{events}}) e on e.evidence = f.evidence and e.record = f.record and e.part = f.part
order by f.finding, f.position
