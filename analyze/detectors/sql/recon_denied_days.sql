-- How often each actor was refused on each day a model that it never got before.
with pair as (
    select actor, model, min(at_us) filter (outcome = 'success') as success_at
    from call
    where actor is not null and model is not null
    group by actor, model
)
select
    c.actor::varchar as actor, c.at_us // 86400000000 * 86400000000 as at_us,
    coalesce(min(c.role::varchar), '') as role, coalesce(min(c.app::varchar), '') as app, coalesce(min(c.principal_type::varchar), '') as principal_type,
    count(*) filter (c.outcome = 'denied' and (p.success_at is null or p.success_at > c.at_us)) as n
from call c
join pair p on p.actor = c.actor and p.model = c.model
group by c.actor, c.at_us // 86400000000
order by at_us, actor
