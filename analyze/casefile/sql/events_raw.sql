union
select e.eid
from events_all e
join records r on r.evidence_id = e.evidence_id and r.record = e.record
where {{raw}}
