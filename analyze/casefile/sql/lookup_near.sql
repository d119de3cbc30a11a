-- The first events of a plane and of given principals in a span of time, in
-- the order of time.
select e.segment * 268435456 + e.row, count(*) over ()
from read_parquet({{events}}) e
join evidence i on i.evidence = e.evidence
{{clock}}
anti join duplicate d on d.eid = e.segment * 268435456 + e.row
where e.plane = $plane
    and e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
    and list_contains($principals, e.principal)
    and {{ts}} >= make_timestamptz({{from}})
    and {{ts}} <= make_timestamptz({{to}})
order by {{ts}}, i.evidence_id, e.record, e.part
limit {{limit}}
