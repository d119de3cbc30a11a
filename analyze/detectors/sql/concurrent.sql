-- Days on which a credential was used from two places at once: from one, then from
-- another, then from the first again within an hour, and so at least twice. With
-- $swift also within three hours, where at least two changes took less than five
-- minutes, in which nobody goes from one place to another.
-- A place is a network, a country or a client. days_before is on how many earlier
-- days the same actor was in two places at once, active_before on how many it was
-- there at all; something_new says that it was never in one of the places before.
with seen as (
    select
        x.eid, x.at_us, x.actor, coalesce(x.credential, x.principal) as holder, x.address, x.client, x.model,
        case $by when 'country' then x.country::varchar when 'client' then x.client::varchar else n.network end as place
    from (
        select eid, at_us, actor, credential, principal, address, country, client, model from call
        union all
        select eid, at_us, actor, credential, principal, address, country, client, model from act
    ) x
    left join network_of n on n.address = x.address
    where coalesce(x.credential, x.principal) is not null
        and coalesce(x.client, '') <> 'aws-internal' -- a service on behalf of the holder
),
roaming as (
    select holder
    from seen
    where place is not null
    group by holder
    having count(distinct place) > 1
),
placed as (
    select
        s.*,
        lag(place) over w as place_before,
        lag(at_us) over w as at_before
    from seen s
    where place is not null and holder in (select holder from roaming)
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
        (select count(distinct s.at_us // 86400000000) from seen s where s.actor is not distinct from d.actor and s.at_us // 86400000000 < d.day) as active_before,
        exists (
            select 1 from placed p
            where p.holder = d.holder and p.at_us // 86400000000 = d.day and not exists (
                select 1 from seen s where s.actor is not distinct from d.actor and s.place = p.place and s.at_us // 86400000000 < d.day
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
