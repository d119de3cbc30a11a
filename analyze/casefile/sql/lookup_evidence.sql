-- Evidence whose hash begins with the given digits.
select evidence, evidence_id
from evidence
where evidence is not null and starts_with(evidence_id, $digits)
order by evidence_id
limit {{limit}}
