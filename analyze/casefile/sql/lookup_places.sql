-- The events at some places, by the first digits of the hash of their evidence, each
-- with the number of its place from 0.
with wanted as (
    select unnest($evidence) as digits, unnest($record) as record, unnest($part) as part, unnest(range(len($evidence))) as i
),
placed as (
    select i.evidence, w.record, w.part, w.i
    from wanted w
    join evidence i on starts_with(i.evidence_id, w.digits)
    where i.evidence is not null and w.digits <> ''
)
select p.i, e.segment * 268435456 + e.row
from read_parquet({{events}}) e
join placed p on p.evidence = e.evidence and p.record = e.record and p.part = e.part
order by 1
