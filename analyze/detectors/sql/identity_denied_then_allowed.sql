-- id: identity.denied-then-allowed
-- title: Something was refused, then a right was changed, then it was allowed
-- severity: medium
-- why: An attacker who is refused changes what is in the way. Found where an actor was refused a
--   model or a resource, a policy, role or credential of that actor was changed within 7 days,
--   and the next request succeeded within a day of the change. It is high where the actor made
--   the change itself. A policy that only lets look at settings is no leave to call a model.
-- tags: attack.t1098, attack.t1098.003, atlas.aml.t0012, owasp.asi03
-- needs: act.operation, act.actor
-- reads: call, act, granted
-- false positive: someone asked for access and was given it, which is how it should be: ask for the ticket
-- triage: find the request for access: who approved it, and was that before the change
-- triage: compare who made the change with who used it, and their networks
-- triage: list what the actor did with the resource since
-- collect: the policy before and after the change
-- contain: take the change back
-- contain: end the sessions of the actor, and of who made the change
with wanted as (
    select c.eid, c.at_us, c.actor, c.model as resource, c.outcome, true as is_call
    from call c
    where c.model is not null and c.actor in (select actor from granted_to)
    union all
    select a.eid, a.at_us, a.actor, coalesce(a.destination, split_part(a.service, '.', 1) || ' ' || a.operation), a.outcome, false
    from act a
    where a.operation is not null and a.actor in (select actor from granted_to)
),
-- each refusal with the next success on the same resource
refused as (
    select *
    from (
        select
            *,
            min(case when outcome = 'success' then at_us end) over later as allowed_at,
            arg_min(eid, (at_us, eid)) filter (outcome = 'success') over later as allowed_eid
        from wanted
        window later as (partition by actor, resource order by at_us, eid rows between 1 following and unbounded following)
    )
    where outcome = 'denied' and allowed_at is not null
),
pair as (
    select
        r.actor, r.resource, g.eid as grant_eid, g.at_us as grant_at, g.actor as granter, g.operation, t.loose, r.allowed_at, r.allowed_eid,
        count(*) as refusals, min(r.at_us) as refused_at, list_slice(list(r.eid order by r.at_us, r.eid), 1, 1000) as refused_eids
    from refused r
    join granted_to t on t.actor = r.actor
    join granted g on g.eid = t.eid
    where not (g.looks and r.is_call)
        and g.at_us > r.at_us and g.at_us < r.allowed_at
        and g.at_us - r.at_us <= 7 * 86400000000
        and r.allowed_at - g.at_us <= case when t.loose then 3600000000 else 86400000000 end
    group by all
)
select
    actor as subject,
    resource || ' ' || grant_eid as bucket,
    actor,
    case when granter = actor then 'high' when loose then 'low' else 'medium' end as severity,
    'Refused, then allowed after ' || operation || ': ' || resource as title,
    actor || ' was refused ' || resource || ' (' || refusals || ' times). '
        || case when granter = actor then 'Then it did ' else 'Then ' || coalesce(granter, 'someone') || ' did ' end || operation
        || case when loose then ', which may have been for this actor' else ' for this actor' end
        || ', and ' || ((allowed_at - grant_at) // 1000000) || ' seconds later the same request was allowed.' as explanation,
    refused_at as first_us, allowed_at as last_us,
    refused_eids || [grant_eid, allowed_eid] as eids,
    refusals, operation as change, granter as changed_by, resource,
    (allowed_at - grant_at) // 1000000 as seconds_from_change_to_success
from pair
-- of several changes between the last that was before the success
qualify row_number() over (partition by actor, resource, allowed_eid order by loose, grant_at desc, grant_eid desc) = 1
order by refused_at, actor, resource, grant_eid
