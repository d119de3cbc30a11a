-- How often an actor did one thing right after another, and when first. It is for who
-- asks with SQL: no detector tests it, and a baseline does not keep it. An actor calls
-- models by one operation or two (in traffic of a drill, 58 of 58 by one), so that what
-- follows what says no more than the operations do, and calls of conversations beside
-- each other follow each other by chance.
create or replace temp table feature_transition as
select actor::varchar as actor, before::varchar as before, operation::varchar as operation, count(*) as times, min(at_us) as first_at
from (
    select actor, operation, at_us, lag(operation) over (partition by actor order by at_us, eid) as before
    from call
    where actor is not null and operation is not null
)
where before is not null
group by actor, before, operation;
