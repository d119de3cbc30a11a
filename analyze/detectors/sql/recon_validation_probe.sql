-- id: recon.validation-probe
-- title: Invalid requests, and then use
-- severity: medium
-- why: A request that must be rejected costs nothing and shows whether a credential may call a model.
--   Found where the first two or more things that an actor ever sent to a model, or from a
--   network, or by a client, were invalid, and a request there succeeded within 3 days. Who
--   never succeeds is a broken program and no finding.
-- tags: atlas.aml.t0040, atlas.aml.t0075, attack.t1526
-- needs: model, actor, error_code
-- reads: call, network_of
-- false positive: a developer who is new to a model, or a new build, and gets the request wrong at first
-- triage: read the request: a negative or huge number of tokens and an empty body are probes
-- triage: compare address and client with those of the actor before
-- collect: the error messages: exhibit events --columns ts,model,error_code,error_message
-- contain: ask the holder of the credential; rotate it where it was not them
with invalid as (
    select actor from call
    where outcome = 'error' and actor is not null
        and regexp_matches(error_code, '(?i)validation|invalid|bad_?request|unprocessable|^4(00|22)$')
    group by actor
    having count(*) >= 2
),
seen as (
    select
        c.eid, c.at_us, c.actor, c.outcome, c.error_code, c.model, c.address, c.client, coalesce('AS' || c.asn, n.network) as network,
        c.outcome = 'error' and coalesce(regexp_matches(c.error_code, '(?i)validation|invalid|bad_?request|unprocessable|^4(00|22)$'), false) as invalid
    from call c
    left join network_of n on n.address = c.address
    where c.actor in (select actor from invalid)
),
placed as (
    select eid, at_us, actor, outcome, invalid, error_code, address, client, model, 'model' as sort, model::varchar as place from seen where model is not null
    union all
    select eid, at_us, actor, outcome, invalid, error_code, address, client, model, 'network', network from seen where network is not null
    union all
    select eid, at_us, actor, outcome, invalid, error_code, address, client, model, 'client', client::varchar from seen where client is not null
),
opened as (
    select actor, sort, place, min(at_us) filter (not invalid) as other_at, min(at_us) filter (outcome = 'success') as success_at
    from placed
    group by actor, sort, place
),
tried as (
    select
        o.actor, o.sort, o.place, o.success_at, count(*) filter (p.invalid) as invalid, min(p.at_us) as first_at,
        string_agg(distinct p.error_code, ' ' order by p.error_code) as codes,
        string_agg(distinct p.address, ' ' order by p.address) as addresses,
        string_agg(distinct p.client, ' ' order by p.client) as clients,
        string_agg(distinct p.model, ' ' order by p.model) as models,
        list(p.eid order by p.at_us, p.eid) as eids
    from opened o
    join placed p on p.actor = o.actor and p.sort = o.sort and p.place = o.place
        and (p.at_us < o.other_at or p.at_us = o.success_at)
    where o.success_at = o.other_at -- nothing but invalid requests before the success
    group by o.actor, o.sort, o.place, o.success_at
    having count(*) filter (p.invalid) >= 2 and o.success_at - min(p.at_us) <= 3 * 86400000000
)
select
    actor as subject,
    strftime(make_timestamp(min(first_at) // 86400000000 * 86400000000), '%Y-%m-%d') as bucket,
    actor,
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
