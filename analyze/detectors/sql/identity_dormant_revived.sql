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
with present as (
    select actor::varchar as actor, day from (select distinct actor, at_us // 86400000000 as day from call where actor is not null)
    union
    select actor, at_us // 86400000000 from act where actor is not null
),
-- What a baseline tells: of an actor its last day, how many there were and the longest
-- time between two; what it used, NULL where something was left out; and of which days
-- the logs of a provider tell.
past as (
    select unnest(from_json($past, '[{"actor":"VARCHAR","day":"BIGINT","days":"BIGINT","pause":"BIGINT"}]'), recursive := true)
),
known as (
    select
        *,
        case when attribute <> 'network' then '' when value = 'private' or contains(value, '/') then 'prefix' when regexp_full_match(value, 'AS[0-9]+') then 'as' else 'label' end as form
    from (select unnest(from_json($known, '[{"actor":"VARCHAR","attribute":"VARCHAR","value":"VARCHAR"}]'), recursive := true))
),
cover as (
    select unnest(from_json($covers, '[{"provider":"VARCHAR","first":"BIGINT","last":"BIGINT"}]'), recursive := true)
),
-- The past of an actor is one row that stands before its later days.
history as (
    select actor, day, 1 as weight, null::bigint as pause from present n
    where not exists (select 1 from past p where p.actor = n.actor and p.day >= n.day)
    union all
    select actor, day, days, pause from past
),
days as (
    select
        actor, day, day - lag(day) over w as since, lag(pause) over w is not null as after_baseline,
        sum(weight) over (w rows between unbounded preceding and 1 preceding)::bigint as days_before,
        coalesce(pause, day - lag(day) over w) as longest
    from history
    window w as (partition by actor order by day)
),
-- Of which days before one the logs of a provider tell without a hole.
run as (
    select provider, day, max(case when since is null or since > $hole + 1 then day end) over (partition by provider order by day) as start
    from (
        select provider, day, day - lag(day) over (partition by provider order by day) as since
        from (
            select coalesce(provider::varchar, '') as provider, day from (select distinct provider, at_us // 86400000000 as day from call)
            union
            select coalesce(provider, ''), at_us // 86400000000 from act
        )
        where (select count(*) from past) > 0
    )
),
-- A silence that began in the baseline is as long as logs tell of it: without the days
-- between its end and the beginning of the case, and where these are more than a hole,
-- only since the case begins; and of how many days no log tells.
by_provider as (
    select
        d.actor, d.day, d.since,
        least(d.since, greatest(d.day - r.start + 1, case when c.last >= r.start - $hole - 1
            then d.day - greatest(d.day - d.since, c.first - 1) - greatest(r.start - c.last - 1, 0) else 0 end)) as gap,
        greatest(r.start - 1 - greatest(coalesce(c.last, 0), d.day - d.since), 0) + greatest(coalesce(c.first, 0) - 1 - (d.day - d.since), 0) as untold
    from days d
    join (
        select actor::varchar as actor, coalesce(provider::varchar, '') as provider, day
        from (select distinct actor, provider, at_us // 86400000000 as day from call)
        union
        select actor, coalesce(provider, ''), at_us // 86400000000 from act
    ) u on u.actor = d.actor and u.day = d.day
    join run r on r.provider = u.provider and r.day = d.day
    left join cover c on c.provider = u.provider
    where d.after_baseline
),
covered as (
    select actor, day, max(gap) as gap, arg_max(least(untold, since - gap), (gap, -untold)) as untold
    from by_provider
    group by actor, day
),
gaps as (
    select
        d.actor, d.day, d.since, d.after_baseline, d.days_before, c.untold, case when d.after_baseline then c.gap else d.since end as gap,
        max(d.longest) over (partition by d.actor order by d.day rows between unbounded preceding and 1 preceding) as longest_before
    from days d
    left join covered c on c.actor = d.actor and c.day = d.day
),
back as (
    select actor, day, gap, days_before, longest_before, since, after_baseline, untold
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
    select
        c.eid, c.at_us, c.at_us // 86400000000 as day, r.name as actor, c.address::varchar as address, c.client::varchar as client, c.model::varchar as model,
        true as of_call
    from call c
    join returned r on r.actor = c.actor
    union all
    select eid, at_us, at_us // 86400000000, actor, address, client, null, false from act where actor in (select actor from back)
),
value as (
    select actor, day, eid, at_us, 'address' as attribute, address as value, of_call from seen
    union all
    select s.actor, s.day, s.eid, s.at_us, 'network', n.network, s.of_call from seen s join network_of n on n.address = s.address
    union all
    select actor, day, eid, at_us, 'client', client, of_call from seen where coalesce(client, '') <> 'aws-internal'
    union all
    select actor, day, eid, at_us, 'model', model, of_call from seen
),
-- What is new. A baseline knows what calls used, and no addresses; and networks by the
-- names that they had there, so that only those of the same form are compared.
fresh as (
    select b.actor, b.day, v.attribute || ' ' || v.value as what
    from back b
    join value v on v.actor = b.actor and v.day = b.day and v.value is not null
    where exists (select 1 from value o where o.actor = b.actor and o.day < b.day and o.attribute = v.attribute and o.value is not null)
        and not exists (select 1 from value o where o.actor = b.actor and o.day < b.day and o.attribute = v.attribute and o.value = v.value)
        and b.actor not in (select actor from past)
    group by all
    union all
    select b.actor, b.day, v.attribute || ' ' || v.value
    from back b
    join value v on v.actor = b.actor and v.day = b.day and v.value is not null
    where v.of_call and b.actor in (select actor from past)
        and (
            exists (
                select 1 from known k
                where k.actor = b.actor and k.attribute = v.attribute
                    and k.form = case when v.attribute <> 'network' then '' when v.value = 'private' or contains(v.value, '/') then 'prefix' when regexp_full_match(v.value, 'AS[0-9]+') then 'as' else 'label' end
            )
            or not exists (select 1 from known k where k.actor = b.actor and k.attribute = v.attribute)
                and v.attribute <> 'address'
                and exists (select 1 from value o where o.actor = b.actor and o.day < b.day and o.attribute = v.attribute and o.value is not null)
        )
        and not exists (select 1 from known k where k.actor = b.actor and k.attribute = v.attribute and (k.value = v.value or k.value is null))
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
        || coalesce(', with what it never had: ' || f.whats || '.', '. Nothing else about it is new: it may be back from a holiday.')
        || case when b.after_baseline then ' It was last seen on ' || strftime(make_timestamp((b.day - b.since) * 86400000000), '%Y-%m-%d') || ', in the baseline'
            || case when b.untold > 0 then '; of ' || b.untold || ' of the days since then no log tells, and it may have been used: what counts as silence is '
                || case when b.since - b.gap > b.untold then 'only what came after them.' else 'what lies before and after them.' end
                else '.' end
            else '' end as explanation,
    s.first_us, s.last_us, s.eids, s.events as event_count,
    b.gap - 1 as silent_days,
    b.days_before as days_before,
    f.whats as new,
    case when b.after_baseline then strftime(make_timestamp((b.day - b.since) * 86400000000), '%Y-%m-%d') end as last_seen,
    case when b.untold > 0 then b.untold end as days_no_log_tells
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
