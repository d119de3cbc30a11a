-- The pieces of evidence that events come from.
select evidence, evidence_id, format
from evidence
where evidence is not null and format is not null
order by evidence
