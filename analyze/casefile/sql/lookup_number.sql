-- The hashes of evidence with given numbers, and what to add to its times.
select v.evidence, v.evidence_id, coalesce(k.add_us, 0)
from evidence v
left join clock k on k.evidence = v.evidence
where v.evidence in ({{numbers}})
order by v.evidence
