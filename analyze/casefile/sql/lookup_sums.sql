select evidence_id
from evidence
where evidence is not null
order by evidence_id
