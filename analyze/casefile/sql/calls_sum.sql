-- Whether an event has two identifiers, so that parts can grow, and what a
-- round of joining changes.
select count(*) = count(distinct eid), coalesce(sum(part_of), 0)::varchar from link
