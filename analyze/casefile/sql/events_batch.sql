-- Columns of some of the events, in the order of events_select.sql. The view is
-- that of the surface over the segments that hold these events.
with batch as (
{{events_all}}
)
select {{columns}}
from batch e
where e.eid in (select unnest($eids::bigint[]))
order by case when {{by_time}} then e.ts end nulls last, e.evidence_id, e.record, e.part
