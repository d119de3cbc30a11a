-- id: identity.root
-- title: The root user of an account worked with models
-- severity: high
-- why: The root user cannot be held back by policies and belongs to no one person. Nobody
--   needs it to call a model or to change the settings of one. A day is one finding; reading
--   settings alone counts less.
-- tags: attack.t1078.004, atlas.aml.t0012, atlas.aml.t0040
-- needs: actor
-- reads: call, act
-- false positive: the first days of an account, before it has other users
-- triage: ask the holder of the root credentials whether it was them
-- triage: look whether it was a console session or an access key; root should have no key
-- triage: list what else root did: exhibit events --principal '*:root'
-- collect: the credential report of the account: when root's password and keys were last used
-- contain: delete the access keys of root
-- contain: change the password and the second factor of root
with root as (
    select principal_type, principal
    from (select principal_type, principal, count(*) as calls from call group by all)
    where case when calls > 0 then principal_type = 'Root' or principal like 'arn:%:iam::%:root' end -- not put before the grouping: see used_on
),
done as (
    select c.eid, c.at_us, c.actor, c.operation, c.outcome, c.address, c.client, c.model, 'call' as sort
    from call c
    join root r on r.principal_type is not distinct from c.principal_type and r.principal is not distinct from c.principal
    union all
    select eid, at_us, actor, operation, outcome, address, client, model, case when plane = 'control' then 'change' else 'read' end
    from act
    where (principal_type = 'Root' or principal like 'arn:%:iam::%:root')
        and (service like 'bedrock%' or service like 'sagemaker%' or service like 'aiplatform%')
)
select
    actor as subject,
    strftime(make_timestamp(at_us // 86400000000 * 86400000000), '%Y-%m-%d') as bucket,
    actor as actor,
    case when count(*) filter (sort <> 'read') = 0 then 'low' when count(*) filter (outcome = 'success') = 0 then 'medium' else 'high' end as severity,
    'Within one day the root user made ' || count(*) filter (sort = 'call') || ' calls of models, ' || count(*) filter (sort = 'change')
        || ' changes of their settings and ' || count(*) filter (sort = 'read') || ' other requests about them.' as explanation,
    min(at_us) as first_us, max(at_us) as last_us,
    list_slice(list(eid order by at_us, eid), 1, 10000) as eids,
    count(*) as event_count,
    count(*) filter (sort = 'call') as calls,
    count(*) filter (sort = 'change') as changes,
    count(*) filter (outcome = 'success') as succeeded,
    string_agg(distinct operation, ' ' order by operation) as operations,
    string_agg(distinct address, ' ' order by address) as addresses
from done
where actor is not null
group by actor, at_us // 86400000000
order by at_us // 86400000000, actor
