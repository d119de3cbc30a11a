-- What time the events of a plane span, by format, account and region.
select e.format, e.tenant, e.region, min({{ts}}), max({{ts}}), count(*)
from read_parquet({{events}}) e
{{clock}}
where e.plane = $plane
group by e.format, e.tenant, e.region
order by e.format, e.tenant nulls first, e.region nulls first
