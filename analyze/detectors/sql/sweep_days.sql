-- How many nearly equal texts each actor asked on each day, of the largest group of those
-- whose template nobody with the same application, nor the actor, had more than a week
-- before, or on more than seven days.
with asked as (
    select distinct c.actor, c.app, c.at_us // 86400000000 as day, k.key, k.hash
    from sketch k
    join said s on s.prompt = k.hash
    join call c on c.eid = s.eid
    where c.actor is not null
),
known as (
    select actor, key from asked group by actor, key having max(day) - min(day) > 7
    union
    select a.actor, a.key
    from (select distinct actor, app, key from asked where app is not null) a
    join (select app, key, max(day) - min(day) as days, min(day) as first, count(distinct actor) as actors from asked where app is not null group by app, key) b
        on b.app = a.app and b.key = a.key and b.days > 7
),
grouped as (
    select actor, day, key, count(distinct hash) as n
    from asked
    anti join known using (actor, key)
    group by actor, day, key
),
largest as (
    select actor, day, max(n) as n from grouped group by actor, day
),
present as (
    select actor, at_us // 86400000000 as day, min(role::varchar) as role, min(app::varchar) as app, min(principal_type::varchar) as principal_type
    from call
    where actor is not null
    group by actor, at_us // 86400000000
)
select
    p.actor::varchar as actor, p.day * 86400000000 as at_us, coalesce(p.role, ''), coalesce(p.app, ''), coalesce(p.principal_type, ''),
    coalesce(l.n, 0)::bigint as n
from present p
left join largest l on l.actor = p.actor and l.day = p.day
order by at_us, actor
