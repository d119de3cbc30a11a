-- id: identity.privilege-gained
-- title: Someone was given rights or a credential, and called models that they never called before
-- severity: medium
-- why: New rights or keys that are used on models within a day are how an intruder settles, and also
--   how a new colleague begins. It is high where the actor gave the rights to itself, and low
--   where the one who gave them does so on at least 3 earlier days.
-- tags: attack.t1098, attack.t1098.001, attack.t1098.003, atlas.aml.t0012, owasp.asi03
-- needs: act.operation, act.actor, model, actor
-- reads: call, act, granted
-- false positive: setting up a new colleague or application
-- triage: find the request or ticket for the grant, and who approved it
-- triage: compare the networks and clients of who granted and who used
-- triage: list what was said to the models: exhibit events --principal
-- collect: the policies and credentials of the actor, before and after
-- contain: deactivate the new credential or take the right back
-- contain: end the sessions of the actor, and of who granted
with use as (
    select actor, model, min(at_us) as first_at, min(at_us) filter (outcome = 'success') as first_success, arg_min(eid, (at_us, eid)) as first_eid,
        count(*) as calls
    from call
    where model is not null and actor in (select actor from granted_to where not loose)
    group by actor, model
),
pair as (
    select
        u.actor, u.model, u.first_at, u.first_eid, u.calls, g.eid as grant_eid, g.at_us as grant_at, g.actor as granter, g.operation,
        g.policy, g.days_before
    from use u
    join granted_to t on t.actor = u.actor and not t.loose
    join granted g on g.eid = t.eid
    where not g.looks -- that is no leave to call a model
        and u.first_success > g.at_us and u.first_success - g.at_us <= 86400000000
        and u.first_at > g.at_us -- refused before: identity.denied-then-allowed
)
select
    actor as subject,
    strftime(make_timestamp(min(grant_at) // 86400000000 * 86400000000), '%Y-%m-%d') as bucket,
    actor,
    case when bool_or(granter = actor) then 'high' when min(days_before) >= 3 then 'low' else 'medium' end as severity,
    'Within a day of ' || string_agg(distinct operation, ', ' order by operation) || ' by '
        || coalesce(string_agg(distinct granter, ', ' order by granter), 'someone') || ', ' || actor || ' called '
        || count(distinct model) || case when count(distinct model) = 1 then ' model' else ' models' end || ' that it had never called: '
        || array_to_string(list_slice(list_sort(list(distinct model)), 1, 5), ', ') || '.' as explanation,
    min(grant_at) as first_us, max(first_at) as last_us,
    list_slice(list_sort(list_distinct(list(grant_eid) || list(first_eid))), 1, 1000) as eids,
    string_agg(distinct granter, ' ' order by granter) as granted_by,
    string_agg(distinct operation, ' ' order by operation) as grants,
    nullif(string_agg(distinct policy, ' ' order by policy), '') as policies,
    count(distinct model) as new_models,
    (min(first_at) - min(grant_at)) // 1000000 as seconds_to_first_use
from pair
group by actor
order by min(grant_at), actor
