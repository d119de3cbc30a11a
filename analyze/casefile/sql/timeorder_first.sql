-- The first events, in the order of events_select.sql.
select e.eid
from events e
order by e.ts nulls last, e.evidence_id, e.record, e.part
limit {{limit}}
