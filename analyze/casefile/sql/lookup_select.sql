-- The first events, in the order of time, with the given values in their
-- columns, and how many there are in all. Duplicates do not count.
select e.segment * 268435456 + e.row, count(*) over ()
from read_parquet({{events}}) e
join evidence i on i.evidence = e.evidence
{{clock}}
anti join duplicate d on d.eid = e.segment * 268435456 + e.row
where ($principal is null or e.principal = $principal)
    and ($src_ip is null or e.src_ip = $src_ip)
    and ($credential is null or e.credential_id = $credential or e.issued_credential_id = $credential)
    and ({{from}} is null or {{ts}} >= make_timestamptz({{from}}))
    and ({{to}} is null or {{ts}} <= make_timestamptz({{to}}))
order by {{ts}} nulls last, i.evidence_id, e.record, e.part
limit {{limit}}
