-- When each actor called, by day, by what it called with and as what. The times of a
-- row are in no order.
with said as (
    select actor, at_us // 86400000000 as day, role, app, principal_type, model, client, list(at_us) as times
    from call
    where actor is not null
    group by all
)
select
    actor::varchar as actor,
    coalesce(role::varchar, '') as role, coalesce(app::varchar, '') as app, coalesce(principal_type::varchar, '') as principal_type,
    coalesce(model::varchar, '') as model, coalesce(client::varchar, '') as client,
    times
from said
order by actor, day, role, app, principal_type, model, client
