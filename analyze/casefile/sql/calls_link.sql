-- One round of joining: every event takes the smallest part it is linked to.
create or replace temp table link as
with by_event as (
    select h, kind, eid, min(part_of) over (partition by eid) as part_of from link
)
select h, kind, eid, min(part_of) over (partition by h, kind) as part_of from by_event;
