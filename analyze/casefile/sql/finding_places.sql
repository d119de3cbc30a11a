with wanted as (
    select unnest($evidence) as evidence, unnest($record) as record, unnest($part) as part
)
select e.evidence::bigint, e.record::bigint, e.part::bigint, min(e.byte_offset)::bigint, min(e.byte_length)::bigint
from read_parquet({{events}}) e
join wanted w on w.evidence = e.evidence and w.record = e.record and w.part = e.part
group by e.evidence, e.record, e.part
order by e.evidence, e.record, e.part
