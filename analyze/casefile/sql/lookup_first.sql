-- The first events, in the order of time, that have an identifier.
with holder as (
    select distinct i.eid
    from identifier_index i
    anti join duplicate d on d.eid = i.eid
    where i.h = hash($value) and list_contains($kinds, i.kind)
)
select h.eid
from holder h
join read_parquet({{events}}) e on e.segment * 268435456 + e.row = h.eid
join evidence i on i.evidence = e.evidence
{{clock}}
order by {{ts}} nulls last, i.evidence_id, e.record, e.part
limit {{limit}}
