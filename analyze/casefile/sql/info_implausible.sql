-- Events that no plausible clock wrote, the farthest in the future first.
select e.event_id, v.path, e.ts, e.ts_precision, e.ts_source
from events_all e
join evidence v on v.evidence_id = e.evidence_id and v.evidence is not null
where e.ts < $earliest or e.ts >= $latest
order by e.ts desc, e.evidence_id, e.record, e.part
limit $limit
