-- How often each actor was refused on each day a model that is not its own: that
-- answered it on fewer than two days before, and not yet on that day.
with day as (
    select
        actor, model, day,
        min(role::varchar) as role, min(app::varchar) as app, min(principal_type::varchar) as principal_type,
        min(at_us) filter (outcome = 'success') as success_at
    from (
        select actor, model, at_us // 86400000000 as day, role, app, principal_type, outcome, min(at_us) as at_us
        from call
        where actor is not null and model is not null
        group by all
    )
    group by actor, model, day
),
known as (
    select *, count(success_at) over (partition by actor, model order by day rows between unbounded preceding and 1 preceding) as days_before
    from day
),
refused as (
    select c.actor, c.at_us // 86400000000 as day, count(*) as n
    from call c
    join known k on k.actor = c.actor and k.model = c.model and k.day = c.at_us // 86400000000
    where c.outcome = 'denied' and k.days_before < 2 and (k.success_at is null or k.success_at > c.at_us)
    group by c.actor, c.at_us // 86400000000
)
select
    d.actor::varchar as actor, d.day * 86400000000 as at_us,
    coalesce(min(d.role), '') as role, coalesce(min(d.app), '') as app, coalesce(min(d.principal_type), '') as principal_type,
    coalesce(max(r.n), 0) as n
from day d
left join refused r on r.actor = d.actor and r.day = d.day
group by d.actor, d.day
order by at_us, actor
