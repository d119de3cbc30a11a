-- How many things about models each actor looked at on each day for the first
-- time: models that it called, operations that list or describe models, and models
-- that it asked such an operation about. What only the console asks in normal life
-- counts twice where a program asks it. What is known from a baseline is not new.
with known as (
    select unnest(from_json($known, '[{"actor":"VARCHAR","kind":"VARCHAR"}]'), recursive := true)
),
looking as (
    select
        at_us, at_us // 86400000000 as day, actor, role, app, principal_type, operation, model,
        case
            when operation in ('GetFoundationModelAvailability', 'ListFoundationModelAgreementOffers', 'GetUseCaseForModelAccess')
                and coalesce(client, '') not in ('aws-console', 'browser') then 2
            else 1
        end as weight
    from act
    where actor is not null and operation in (
        select operation
        from (select operation, count(*) as acts from act group by operation)
        where case when acts > 0 then regexp_matches(operation, $operations) end -- not put before the grouping: see used_on
    )
),
kinds as (
    select actor, day, 'operation ' || operation as kind, max(weight) as weight from looking group by actor, day, operation
    union all
    select actor, day, 'model ' || model, 1 from looking where model is not null group by actor, day, model
    union all
    select actor, at_us // 86400000000, 'model ' || model, 1 from call where actor is not null and model is not null
    group by actor, at_us // 86400000000, model
),
firsts as (
    select actor, kind, min(day) as day, arg_min(weight, day) as weight from kinds anti join known using (actor, kind) group by actor, kind
),
counted as (
    select actor, day, sum(weight)::bigint as n from firsts group by actor, day
),
present as (
    select actor::varchar as actor, day, role::varchar as role, app::varchar as app, principal_type::varchar as principal_type
    from (select distinct actor, at_us // 86400000000 as day, role, app, principal_type from call where actor is not null)
    union all
    select actor, day, min(role::varchar), min(app::varchar), min(principal_type::varchar) from looking group by actor, day
)
select
    p.actor::varchar as actor, p.day * 86400000000 as at_us,
    coalesce(min(p.role), '') as role, coalesce(min(p.app), '') as app, coalesce(min(p.principal_type), '') as principal_type,
    coalesce(max(c.n), 0)::bigint as n
from present p
left join counted c on c.actor = p.actor and c.day = p.day
group by p.actor, p.day
order by at_us, actor
