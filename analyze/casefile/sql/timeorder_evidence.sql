-- Evidence in the order in which its events stand at the same time, and what is
-- added to their times.
select v.evidence, v.evidence_id, coalesce(v.format, ''), coalesce(v.label, ''), coalesce(c.add_us, 0)
from evidence v
left join clock c on c.evidence = v.evidence
where v.evidence is not null
order by v.evidence_id, v.evidence
