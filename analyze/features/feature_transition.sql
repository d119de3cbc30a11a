-- How often an actor did one thing right after another, and when first.
create or replace temp table feature_transition as
select actor::varchar as actor, before::varchar as before, operation::varchar as operation, count(*) as times, min(at_us) as first_at
from (
    select actor, operation, at_us, lag(operation) over (partition by actor order by at_us, eid) as before
    from call
    where actor is not null and operation is not null
)
where before is not null
group by actor, before, operation;
