-- id: recon.validation-probe
-- title: Invalid requests, and then use
-- severity: medium
-- version: 2
-- why: A request that must be rejected costs nothing and shows whether a credential may call a model.
--   Found where the first two or more things that an actor ever sent to a model, or from a
--   network or address, or by a client, were invalid, and a request there succeeded within 3
--   days; high where more than one of these was new at once. Who never succeeds is a broken
--   program and no finding.
-- tags: atlas.aml.t0040, atlas.aml.t0075, attack.t1526
-- needs: model, actor, error_code
-- reads: call, network_of
-- false positive: a developer who is new to a model, or a new build, and gets the request wrong at first
-- triage: read the request: a negative or huge number of tokens and an empty body are probes
-- triage: compare address and client with those of the actor before
-- collect: the error messages: exhibit events --columns ts,model,error_code,error_message
-- contain: ask the holder of the credential; rotate it where it was not them
with reply as (
    select
        eid, at_us, actor, model, address, client, outcome, error_code,
        outcome = 'error' and coalesce(regexp_matches(error_code, '(?i)validation|invalid|bad_?request|unprocessable|^4(00|22)$'), false) as invalid
    from call
    where actor is not null
),
-- first small, then by what an actor can be new to
together as (
    select r.actor, r.model, r.client, r.address, n.network as network, r.first_at, r.other_at, r.success_at
    from (
        select
            actor, model, client, address, min(at_us) as first_at,
            min(at_us) filter (not invalid) as other_at, min(at_us) filter (outcome = 'success') as success_at
        from (
            select actor, model, client, address, outcome, min(at_us) as at_us, outcome = 'error' and coalesce(regexp_matches(error_code, '(?i)validation|invalid|bad_?request|unprocessable|^4(00|22)$'), false) as invalid
            from call
            where actor is not null
            group by actor, model, client, address, outcome, error_code
        )
        group by actor, model, client, address
    ) r
    left join network_of n on n.address = r.address
),
place as (
    select actor, 'model' as sort, model::varchar as place, first_at, other_at, success_at from together
    union all
    select actor, 'network', network, first_at, other_at, success_at from together
    union all
    select actor, 'address', address::varchar, first_at, other_at, success_at from together
    union all
    select actor, 'client', client::varchar, first_at, other_at, success_at from together
),
opened as (
    select actor, sort, place, min(other_at) as other_at, min(success_at) as success_at
    from place
    where place is not null
    group by actor, sort, place
    having min(first_at) < min(success_at) and min(other_at) = min(success_at) -- nothing but invalid requests before the success
),
placed as (
    select r.*, o.sort, o.place, o.success_at
    from reply r
    left join network_of n on n.address = r.address
    join opened o on o.actor = r.actor and r.at_us <= o.success_at
        and o.place = case o.sort when 'model' then r.model::varchar when 'client' then r.client::varchar when 'address' then r.address::varchar else n.network end
),
tried as (
    select
        actor, sort, place, success_at, count(*) filter (invalid) as invalid, min(at_us) as first_at,
        string_agg(distinct error_code, ' ' order by error_code) as codes,
        string_agg(distinct address, ' ' order by address) as addresses,
        string_agg(distinct client, ' ' order by client) as clients,
        string_agg(distinct model, ' ' order by model) as models,
        list(eid order by at_us, eid) as eids
    from placed
    group by actor, sort, place, success_at
    having count(*) filter (invalid) >= 2 and success_at - min(at_us) <= 3 * 86400000000
)
select
    actor as subject,
    strftime(make_timestamp(min(first_at) // 86400000000 * 86400000000), '%Y-%m-%d') as bucket,
    actor,
    -- An address is one of a network: who is in a new network is at a new address too.
    case when count(distinct case sort when 'address' then 'network' else sort end) >= 2 then 'high' else 'medium' end as severity,
    'The first ' || max(invalid) || ' things that it sent with ' || string_agg(sort || ' ' || place, ', ' order by sort, place)
        || ' were invalid (' || min(codes) || '), and ' || (min(success_at - first_at) // 1000000) || ' seconds after the first of them one succeeded.' as explanation,
    min(first_at) as first_us, max(success_at) as last_us,
    list_slice(list_sort(list_distinct(flatten(list(eids)))), 1, 10000) as eids,
    max(invalid) as invalid_requests,
    min(success_at - first_at) // 1000000 as seconds_to_success,
    min(models) as models, min(addresses) as addresses, min(clients) as clients
from tried
group by actor, first_at // 86400000000
order by first_us, actor
