-- id: identity.credential-moved
-- title: A temporary credential was used where neither it nor its siblings belong
-- severity: high
-- why: A temporary credential is made for one program on one host. Found where one is used from a
--   network that it was not issued to, and from which no other credential of the same actor was
--   used, of at least three; of credentials that a service of the provider took for a host or
--   function, where all siblings stay in their networks. Networks are those that the
--   case is enriched with, else an IPv4 /16 or IPv6 /48.
-- tags: atlas.aml.t0091.000, attack.t1550.001, attack.t1552.005, attack.t1078.004
-- needs: address, credential
-- reads: call, act, network_of
-- false positive: a program that moved to another host or way out while it ran
-- false positive: a person who travelled with a session
-- triage: find out whose network it is, and what else came from there
-- triage: list what was done with the credential: exhibit timeline with its id
-- triage: look on the host that it was issued to for how it left: metadata service, logs, environment
-- collect: the host's disk and memory, and its requests to the metadata service
-- contain: end the sessions of the role (revoke sessions issued before now)
-- contain: bind the role to its network by a condition on source address or VPC
with held as ( -- first small: who used a credential from where, whatever it is
    select actor::varchar as actor, credential::varchar as credential, address::varchar as address, client::varchar as client, uses
    from (
        select actor, credential, address, client, count(*) as uses
        from call
        where actor is not null and credential is not null and address is not null
        group by actor, credential, address, client
    )
    union all
    select actor, credential, address, client, count(*)
    from act
    where actor is not null and credential is not null and address is not null
    group by actor, credential, address, client
),
used as (
    select h.actor, h.credential, n.network as place, h.uses
    from held h
    join network_of n on n.address = h.address
    where n.network is not null
        and (h.credential like 'ASIA%' or h.credential in (select issued_credential from act where issued_credential is not null))
        and case when h.uses > 0 then coalesce(h.client, '') <> 'aws-internal' end -- not put before the grouping: see used_on
),
-- places from which only one credential of an actor was used
lone as (
    select actor, min(credential) as credential, place, sum(uses)::bigint as uses
    from used
    group by actor, place
    having min(credential) = max(credential)
),
actors as (
    select actor, count(distinct credential) as credentials, count(distinct place) as places
    from used
    where actor in (select actor from lone)
    group by actor
    having count(distinct credential) >= 4 -- it and three siblings
        and count(distinct place) * 3 <= count(distinct credential) -- who is everywhere belongs everywhere
),
issued as (
    select
        a.issued_credential as credential, min(a.eid) as eid, min(a.at_us) as at_us,
        min(n.network) as place, min(a.address) as address,
        bool_or(a.principal_type = 'AWSService') as by_service
    from act a
    left join network_of n on n.address = a.address
    where a.issued_credential in (select credential from lone) and a.outcome = 'success'
    group by a.issued_credential
),
moved as (
    select u.*, a.credentials, i.eid as issue_eid, i.place as issued_to, i.address as issued_address, i.by_service,
        exists (select 1 from used o where o.actor = u.actor and o.credential = u.credential and o.place <> u.place) as elsewhere
    from lone u
    join actors a on a.actor = u.actor
    left join issued i on i.credential = u.credential
),
told as (
    select * from moved where issued_to <> place or elsewhere or issued_to is null and by_service
),
seen as (
    select x.eid, x.at_us, x.actor, x.credential, x.address, n.network as place, coalesce(x.client, '') as client
    from (
        select eid, at_us, actor::varchar as actor, credential::varchar as credential, address::varchar as address, client::varchar as client
        from call
        where credential in (select credential from told)
        union all
        select eid, at_us, actor, credential, address, client from act where credential in (select credential from told)
    ) x
    join network_of n on n.address = x.address
    where coalesce(x.client, '') <> 'aws-internal'
)
select
    m.actor as subject,
    m.credential || ' ' || m.place as bucket,
    m.actor as actor,
    'The temporary credential ' || m.credential || ' was used ' || m.uses || ' times from ' || m.place || '. '
        || case
            when m.issued_to is not null then 'It was issued to ' || m.issued_address || ' (' || m.issued_to || ').'
            when m.by_service then 'A service of the provider took it for a host or function.'
            else 'Where it was issued is not in this case.'
        end
        || ' None of the ' || (m.credentials - 1) || ' other credentials of the actor was used from there.' as explanation,
    min(s.at_us) as first_us, max(s.at_us) as last_us,
    list_sort(list_filter([m.issue_eid] || list_slice(list(s.eid order by s.at_us, s.eid), 1, 9999), lambda e: e is not null)) as eids,
    m.credential as credential,
    m.place as network,
    string_agg(distinct s.address, ' ' order by s.address) as addresses,
    string_agg(distinct s.client, ' ' order by s.client) as clients,
    m.issued_to as issued_to,
    m.credentials - 1 as siblings
from told m
join seen s on s.actor = m.actor and s.credential = m.credential and s.place = m.place
group by m.actor, m.credential, m.place, m.uses, m.issued_to, m.issued_address, m.by_service, m.credentials, m.issue_eid
order by first_us, m.actor, m.credential
