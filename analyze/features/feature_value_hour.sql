-- In which hours an actor used which model and client, how often and first when.
-- role, app and principal_type are the least of those in the hour.
create or replace temp table feature_value_hour as
with pair as (
    select actor, role, app, principal_type, at_us, eid, 'model' as attribute, model as value from call where actor is not null
    union all select actor, role, app, principal_type, at_us, eid, 'client', client from call where actor is not null
)
select
    actor, attribute, value, at_us // 3600000000 * 3600000000 as at_us,
    min(role) as role, min(app) as app, min(principal_type) as principal_type,
    count(*) as calls, min(at_us) as first_at, max(at_us) as last_at
from pair
where value is not null
group by actor, attribute, value, at_us // 3600000000;
