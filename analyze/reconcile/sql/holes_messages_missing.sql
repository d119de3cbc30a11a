-- The messages of the given logs that are named and nowhere, by the first line
-- that names each, with the line before that in the same file.
with orphan as (
    select format, session_id, parent, arg_min(evidence_id, (evidence_id, record)) as evidence_id,
        arg_min(record, (evidence_id, record)) as record, arg_min(eid, (evidence_id, record)) as eid, count(*) as children
    from hole_message
    where not there and list_contains($formats, format)
    group by format, session_id, parent
    order by format, session_id nulls first, parent
    limit $limit
)
select o.format, coalesce(o.session_id, ''), o.parent, o.children, b.event_id, b.ts, e.event_id, e.ts
from orphan o
join events_all e on e.eid = o.eid
asof left join (
    select evidence_id, record, event_id, ts from events_all where part = 0 and evidence_id in (select evidence_id from orphan)
) b on b.evidence_id = o.evidence_id and o.record > b.record
order by o.format, o.session_id nulls first, o.parent
