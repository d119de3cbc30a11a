-- The events at some places, by the hash of their evidence.
with wanted as (
    select unnest($evidence) as evidence_id, unnest($record) as record, unnest($part) as part
),
placed as (
    select i.evidence, w.record, w.part
    from wanted w
    join evidence i using (evidence_id)
    where i.evidence is not null
)
select e.segment * 268435456 + e.row
from read_parquet({{events}}) e
join placed p on p.evidence = e.evidence and p.record = e.record and p.part = e.part
order by 1
