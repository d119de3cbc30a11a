-- Requests to the control plane that are watched, by actor, hour and operation.
-- Services that act by themselves are left out: they do this on behalf of what
-- was set up before, and in masses. days_before is on how many earlier days the
-- actor did the same, most_before how often in the busiest hour before.
with watched as (
    select w.service, w.operation
    from (select unnest(from_json($watched, '[{"service":"VARCHAR","operation":"VARCHAR"}]')) as w)
),
-- The same as acts write it: Lambda puts the version of its API behind the name.
written as (
    select n.service as as_service, n.operation as as_operation, w.service, w.operation
    from (select distinct service, operation from act) n
    join watched w on w.service = split_part(n.service, '.', 1) and w.operation = regexp_replace(n.operation, '[0-9]{8}(v[0-9]+)?$', '')
),
seen as (
    select
        a.eid, a.at_us, a.actor, w.service, w.operation, a.outcome, a.address, a.client, a.region, a.destination,
        a.at_us // 3600000000 as hour, a.at_us // 86400000000 as day
    from act a
    join written w on w.as_service = a.service and w.as_operation = a.operation
    where a.actor is not null
        and coalesce(a.principal_type, '') <> 'AWSService'
        and a.actor not like '%.amazonaws.com'
        and ($only_without_mfa = false or a.mfa = false and a.principal_type in ('IAMUser', 'Root'))
),
-- what an actor did on each day for the first time that day, numbered
days as (
    select actor, service, operation, day, row_number() over (partition by actor, service, operation order by day) - 1 as days_before
    from (select distinct actor, service, operation, day from seen)
),
hours as (
    select
        actor, service, operation, hour, min(day) as day,
        count(*) as requests,
        count(*) filter (outcome = 'success') as succeeded,
        count(distinct destination) as destinations,
        min(at_us) as first_us, max(at_us) as last_us,
        min(address) as address, min(client) as client, min(region) as region,
        list_slice(list(eid order by at_us, eid), 1, 10000) as eids
    from seen
    group by actor, service, operation, hour
)
select
    h.actor, h.hour * 3600000000 as hour_us, h.service, h.operation, h.requests, h.succeeded, h.destinations, h.first_us, h.last_us,
    coalesce(h.address, '') as address, coalesce(h.client, '') as client, coalesce(h.region, '') as region, h.eids,
    d.days_before,
    coalesce(max(h.requests) over (
        partition by h.actor, h.service, h.operation order by h.hour rows between unbounded preceding and 1 preceding
    ), 0) as most_before
from hours h
join days d on d.actor = h.actor and d.service = h.service and d.operation = h.operation and d.day = h.day
order by h.actor, h.hour, h.first_us, h.service, h.operation
