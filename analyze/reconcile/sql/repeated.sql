-- Records that stand in their evidence again, to the byte or with the same id,
-- by the first of them.
with again as (
    select eid, of_eid from repeat
    union all
    select d.eid, d.of_eid
    from duplicate d
    join (select eid, evidence_id from events_all) e on e.eid = d.eid
    join (select eid, evidence_id from events_all) o on o.eid = d.of_eid
    where $duplicates and e.evidence_id = o.evidence_id
)
select eid, of_eid
from again
order by of_eid, eid
limit $limit
