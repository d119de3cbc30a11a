-- The first unparsed records of each source, by the path of their evidence.
select e.format, e.event_id, v.path, e.record, e.byte_offset, e.problem
from events_all e
join evidence v on v.evidence_id = e.evidence_id and v.evidence is not null
where e.kind = 'unparsed'
qualify row_number() over (partition by e.format order by v.path, e.evidence_id, e.record, e.part) <= $limit
order by e.format, v.path, e.evidence_id, e.record, e.part
