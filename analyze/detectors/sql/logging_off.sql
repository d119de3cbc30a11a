-- id: anti-forensics.logging-off
-- title: Logging of model calls was switched off or weakened
-- severity: high
-- why: What is said to models after this is in no log of the provider. It is critical
--   where the one who did it then called models.
-- tags: attack.t1685.002, atlas.aml.t0054
-- reads: act, call
-- false positive: a change of the logging destination by those who run the account
-- triage: read the request: was logging deleted, or its destination or its kinds of data changed
-- triage: list what the same principal did in the hours before and after
-- collect: the configuration before and after, from the configuration history of the account
-- collect: what gateways and clients say of the calls in the gap; exhibit reconcile
-- contain: switch logging on again, to a destination that the principal cannot change
-- contain: end the sessions of the principal and rotate its keys
with switched as (
    select eid, at_us, coalesce(actor, 'unknown') as actor, operation, region
    from act
    where operation in ('DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration')
        and outcome = 'success'
),
used as (
    select s.eid, count(*) as calls
    from switched s
    join call c on c.actor = s.actor and c.at_us between s.at_us and s.at_us + 86400000000
    group by s.eid
)
select
    s.actor as subject,
    s.operation || ' ' || coalesce(s.region, '') || ' ' || s.at_us as bucket,
    s.actor as actor,
    case when u.calls > 0 then 'critical' when s.operation like 'Put%' then 'medium' else 'high' end as severity,
    s.operation || ' by ' || s.actor as title,
    'Logging of model calls was changed'
        || case when u.calls > 0 then ', and the same actor called models ' || u.calls || ' times within a day after it.' else '; the same actor called no model within a day after it.' end as explanation,
    s.at_us as first_us, s.at_us as last_us,
    [s.eid] as eids,
    s.operation as operation,
    s.region as region,
    coalesce(u.calls, 0) as calls_within_a_day
from switched s
left join used u on u.eid = s.eid
order by s.at_us, s.eid
