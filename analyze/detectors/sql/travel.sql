-- Changes of place of each credential, where the case knows where both places are.
-- A place is a point on the map. days_there is on how many earlier days the same
-- actor was there, sharing how many actors use the address; eids are the events of
-- the credential there on that day. They are those of the place that was left where
-- the actor was less often there than in the place that it came to.
with located as (
    select unnest(from_json($points, '[{"address":"VARCHAR","point":"VARCHAR"}]'), recursive := true)
),
seen as (
    select
        x.eid, x.at_us, x.at_us // 86400000000 as day, x.actor, coalesce(x.credential, x.principal) as holder, x.address::varchar as address, l.point
    from (
        select eid, at_us, actor, credential, principal, address, client from call
        union all
        select eid, at_us, actor, credential, principal, address, client from act
    ) x
    join located l on l.address = x.address
    where coalesce(x.credential, x.principal) is not null and x.actor is not null
        and coalesce(x.client, '') <> 'aws-internal' -- a service on behalf of the holder
),
roaming as (
    select holder from seen group by holder having count(distinct point) > 1
),
placed as (
    select *, lag(point) over w as point_before, lag(address) over w as address_before, lag(at_us) over w as at_before, lag(eid) over w as eid_before
    from seen
    where holder in (select holder from roaming)
    window w as (partition by holder order by at_us, eid)
),
change as (
    select * from placed where point <> point_before
),
known as (
    select distinct actor, day, point from seen where actor in (select actor from change)
),
sharing as (
    select address, count(distinct actor) as actors
    from seen
    where address in (select address from change union select address_before from change)
    group by address
),
weighed as (
    select c.*,
        (select count(*) from known k where k.actor = c.actor and k.point = c.point and k.day < c.day) as days_to,
        (select count(*) from known k where k.actor = c.actor and k.point = c.point_before and k.day < c.day) as days_from
    from change c
),
odd as (
    select *,
        case when days_from < days_to then point_before else point end as odd_point,
        case when days_from < days_to then address_before else address end as odd_address,
        least(days_to, days_from) as days_there
    from weighed
),
stay as (
    select holder, day, point, list(eid order by at_us, eid)[:10000] as eids, count(*) as events, min(at_us) as first_us, max(at_us) as last_us
    from seen
    where holder in (select holder from change)
    group by holder, day, point
)
select
    o.actor::varchar as actor, o.holder::varchar as holder, o.day, o.at_before, o.at_us, o.address_before, o.address, o.odd_address,
    o.days_there, h.actors as sharing, (select count(distinct k.day) from known k where k.actor = o.actor and k.day < o.day) as active_before,
    o.eid_before, o.eid, coalesce(s.eids, []) as eids, coalesce(s.events, 0) as events,
    coalesce(s.first_us, o.at_us) as first_us, coalesce(s.last_us, o.at_us) as last_us
from odd o
join sharing h on h.address = o.odd_address
left join stay s on s.holder = o.holder and s.day = o.day and s.point = o.odd_point
order by o.holder, o.day, o.at_us, o.eid
