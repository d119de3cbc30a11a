-- Days on which a credential was used from two places at once: from one, then from
-- another, then from the first again within an hour, and so at least twice. With
-- $swift also within three hours, where at least two changes took less than five
-- minutes, in which nobody goes from one place to another.
-- A place is a network, a country or a client. days_before is on how many earlier
-- days the same actor was in two places at once, active_before on how many it was
-- there at all; something_new says that it was never in one of the places before.
with used as (
    select
        u.actor, u.holder, u.day,
        case $by when 'country' then u.country when 'client' then u.client else n.network end as place
    from used_on u
    left join network_of n on n.address = u.address
),
-- Days on which a holder was in two places, or the day before or after. Of the others no
-- call is looked at: what lies a day away is no return.
near as (
    select holder, day + step as day
    from used, (select unnest([-1, 0, 1]) as step)
    where place is not null and holder in (
        select holder from used where place is not null group by holder having min(place) <> max(place)
    )
    group by holder, day + step
    having min(place) <> max(place)
),
-- The same days by what calls say: words are looked at once for all calls that have them,
-- see used_on.
said as (
    select k.credential, k.principal, k.client, k.day, d.holder
    from (select credential, principal, client, at_us // 86400000000 as day, count(*) as times from call group by all) k
    join near d on d.holder = coalesce(k.credential::varchar, k.principal::varchar) and d.day = k.day
    where case when k.times > 0 then coalesce(k.client::varchar, '') <> 'aws-internal' end
),
seen as (
    select
        x.*,
        case $by when 'country' then x.country when 'client' then x.client else n.network end as place
    from (
        select c.eid, c.at_us, c.actor::varchar as actor, d.holder, c.address::varchar as address, c.country::varchar as country, c.client::varchar as client
        from call c
        join said d
            on d.credential is not distinct from c.credential and d.principal is not distinct from c.principal
            and d.client is not distinct from c.client and d.day = c.at_us // 86400000000
        union all
        select a.eid, a.at_us, a.actor, d.holder, a.address, a.country, a.client
        from act a
        join near d on d.holder = coalesce(a.credential, a.principal) and d.day = a.at_us // 86400000000
        where coalesce(a.client, '') <> 'aws-internal'
    ) x
    left join network_of n on n.address = x.address
),
placed as (
    select
        s.*,
        lag(place) over w as place_before,
        lag(at_us) over w as at_before
    from seen s
    where place is not null
    window w as (partition by holder order by at_us, eid)
),
-- changes of place, each with the next
moved as (
    select
        *,
        lead(place) over w as place_after,
        lead(at_us) over w as at_after
    from placed
    where place <> place_before
    window w as (partition by holder order by at_us, eid)
),
days as (
    select
        holder, actor, at_us // 86400000000 as day,
        count(*) filter (place_after = place_before and at_after - at_before <= 3600000000) as returns,
        count(*) filter (place_after = place_before and at_after - at_before <= 3 * 3600000000) as slow_returns,
        count(*) filter (at_us - at_before < 5 * 60000000) as swift_changes
    from moved
    group by holder, actor, at_us // 86400000000
    having returns >= 2 or $swift and slow_returns >= 2 and swift_changes >= 2
),
counted as (
    select
        d.holder, d.actor, d.day, d.returns, d.slow_returns,
        (select count(distinct e.day) from days e where e.actor is not distinct from d.actor and e.day < d.day) as days_before,
        (select count(distinct u.day) from used u where u.actor is not distinct from d.actor and u.day < d.day) as active_before,
        exists (
            select 1 from used p
            where p.holder = d.holder and p.day = d.day and p.place is not null and not exists (
                select 1 from used u where u.actor is not distinct from d.actor and u.place = p.place and u.day < d.day
            )
        ) as something_new
    from days d
)
select
    coalesce(c.actor, c.holder) as actor, c.holder, c.day, c.returns, c.slow_returns, c.days_before, c.active_before, c.something_new,
    min(p.at_us) as first_us, max(p.at_us) as last_us, count(*) as events,
    list_sort(list(distinct p.place)) as places,
    coalesce(string_agg(distinct p.address, ' ' order by p.address), '') as addresses,
    coalesce(string_agg(distinct p.client, ' ' order by p.client), '') as clients,
    list_slice(list(p.eid order by p.at_us, p.eid), 1, 10000) as eids
from counted c
join placed p on p.holder = c.holder and p.actor is not distinct from c.actor and p.at_us // 86400000000 = c.day
where c.days_before < $habit
group by c.actor, c.holder, c.day, c.returns, c.slow_returns, c.days_before, c.active_before, c.something_new
order by c.day, actor, c.holder
