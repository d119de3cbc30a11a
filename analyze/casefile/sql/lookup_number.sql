-- The hashes of evidence with given numbers.
select evidence, evidence_id
from evidence
where evidence in ({{numbers}})
order by evidence
