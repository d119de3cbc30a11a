-- id: identity.dormant-revived
-- title: An identity that had been silent for weeks came back
-- severity: medium
-- why: Credentials that nobody uses any more are not missed when they are stolen. Found where an actor
--   that was there on at least 3 days was silent for at least 14, three times as long as ever
--   before; silence from 7 days on counts where it came back from a network, with a client or
--   model that it never had, and from 5 where two of these are new at once. It is medium where
--   something is new, an address too, and low where it came back as it was, which is how people
--   come back from holidays.
-- tags: atlas.aml.t0012, attack.t1078.004
-- needs: actor
-- reads: call, act, network_of
-- false positive: someone back from a long leave with another laptop
-- false positive: a job that runs once a month and was changed in between
-- triage: ask whether the person is back, or the application in use again
-- triage: look what the identity did on its first day: settings and rights, or only its old work
-- collect: when its credentials were last used before, from the provider
-- contain: deactivate the credentials; nobody used them for weeks
with days as (
    select actor, day, day - lag(day) over w as gap, row_number() over w - 1 as days_before
    from (
        select actor::varchar as actor, day from (select distinct actor, at_us // 86400000000 as day from call where actor is not null)
        union
        select actor, at_us // 86400000000 from act where actor is not null
    )
    window w as (partition by actor order by day)
),
gaps as (
    select
        *,
        max(gap) over (partition by actor order by day rows between unbounded preceding and 1 preceding) as longest_before
    from days
),
back as (
    select actor, day, gap, days_before, longest_before
    from gaps
    where gap >= 5 and days_before >= 3 and gap >= 3 * coalesce(longest_before, 1)
),
-- Names are compared once for each, and calls by what the table has instead of them.
returned as (
    select actor, actor::varchar as name
    from (select distinct actor from call)
    where actor::varchar in (select actor from back)
),
seen as (
    select c.eid, c.at_us, c.at_us // 86400000000 as day, r.name as actor, c.address::varchar as address, c.client::varchar as client, c.model::varchar as model
    from call c
    join returned r on r.actor = c.actor
    union all
    select eid, at_us, at_us // 86400000000, actor, address, client, null from act where actor in (select actor from back)
),
value as (
    select actor, day, eid, at_us, 'address' as attribute, address as value from seen
    union all
    select s.actor, s.day, s.eid, s.at_us, 'network', n.network from seen s join network_of n on n.address = s.address
    union all
    select actor, day, eid, at_us, 'client', client from seen where coalesce(client, '') <> 'aws-internal'
    union all
    select actor, day, eid, at_us, 'model', model from seen
),
fresh as (
    select b.actor, b.day, v.attribute || ' ' || v.value as what
    from back b
    join value v on v.actor = b.actor and v.day = b.day and v.value is not null
    where exists (select 1 from value o where o.actor = b.actor and o.day < b.day and o.attribute = v.attribute and o.value is not null)
        and not exists (select 1 from value o where o.actor = b.actor and o.day < b.day and o.attribute = v.attribute and o.value = v.value)
    group by all
)
select
    b.actor as subject,
    strftime(make_timestamp(b.day * 86400000000), '%Y-%m-%d') as bucket,
    b.actor as actor,
    case when f.what is null then 'low' else 'medium' end as severity,
    'After ' || b.days_before || ' days with use and ' || (b.gap - 1) || ' days of silence '
        || '(before at most ' || (coalesce(b.longest_before, 1) - 1) || ') it was used again'
        || coalesce(', with what it never had: ' || f.whats || '.', '. Nothing else about it is new: it may be back from a holiday.') as explanation,
    s.first_us, s.last_us, s.eids, s.events as event_count,
    b.gap - 1 as silent_days,
    b.days_before as days_before,
    f.whats as new
from back b
join (
    select actor, day, min(at_us) as first_us, max(at_us) as last_us, count(*) as events,
        list_slice(list(eid order by at_us, eid), 1, 10000) as eids
    from seen
    where (actor, day) in (select (actor, day) from back)
    group by actor, day
) s on s.actor = b.actor and s.day = b.day
left join (
    select actor, day, min(what) as what, string_agg(what, ', ' order by what) as whats,
        count(distinct split_part(what, ' ', 1)) filter (what not like 'address %') as kinds
    from fresh
    group by actor, day
) f
    on f.actor = b.actor and f.day = b.day
where b.gap >= 14 or b.gap >= 7 and f.kinds >= 1 or f.kinds >= 2
order by s.first_us, b.actor
