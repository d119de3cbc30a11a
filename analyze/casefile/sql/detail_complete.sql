-- Events whose id begins with the given digits of the evidence's hash and of the
-- record; with {{first}}, only the first of each evidence.
with fits as (
    select evidence, evidence_id
    from evidence
    where evidence is not null and starts_with(evidence_id, $digits)
)
select f.evidence_id, e.record, e.part
from read_parquet({{events}}) e
join fits f on f.evidence = e.evidence
where (starts_with(e.record::varchar || case when e.part > 0 then '.' || e.part else '' end, $record))
    and (not {{first}} or (e.record = 1 and e.part = 0))
order by f.evidence_id, e.record, e.part
limit {{limit}}
