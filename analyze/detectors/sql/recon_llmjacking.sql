-- id: recon.llmjacking
-- title: Models were enabled in the account by a program, and called
-- severity: high
-- why: Who steals a credential to sell the use of models looks what there is, signs the agreements and
--   fills in the forms that open models, and calls them. People do that once, in the console. A
--   day of an actor is one finding: it is high where the calls follow within a day, medium where
--   they do not or a person did it in the console, and one step less where the actor
--   does so on at least 3 earlier days.
-- tags: atlas.aml.t0034, atlas.aml.t0075, atlas.aml.t0012, attack.t1496.004, attack.t1526, owasp.llm10
-- needs: act.operation, act.actor
-- reads: call, act
-- false positive: deployment tools that set up accounts with models
-- triage: ask those who run the account whether they wanted these models
-- triage: look where the credential comes from, and where it was used before
-- triage: see what the calls cost, in all regions: exhibit inventory
-- collect: the agreements and use case forms of the account as they are now
-- collect: the bill by model and region
-- contain: deactivate the credential
-- contain: forbid the calling of models in regions and by roles that do not need it, by a policy of the organization
with enabling as (
    select eid, at_us, at_us // 86400000000 as day, actor, operation, outcome, client, model, address
    from act
    where actor is not null and (
        operation in ('PutUseCaseForModelAccess', 'CreateFoundationModelAgreement', 'PutFoundationModelEntitlement')
        or service = 'aws-marketplace.amazonaws.com' and operation in ('Subscribe', 'AcceptAgreementRequest')
    )
),
days as (
    select
        actor, day, min(at_us) as first_us, max(at_us) as last_us,
        count(*) filter (outcome = 'success') as succeeded, count(*) as requests,
        bool_or(coalesce(client, '') not in ('aws-console', 'browser')) as by_program,
        string_agg(distinct operation, ', ' order by operation) as operations,
        string_agg(distinct address, ' ' order by address) as addresses,
        row_number() over (partition by actor order by day) - 1 as days_before,
        list(eid order by at_us, eid) as eids
    from enabling
    group by actor, day
),
looking as (
    select d.actor, d.day, count(*) as requests, list(a.eid order by a.at_us, a.eid) as eids
    from days d
    join act a on a.actor = d.actor and a.at_us between d.first_us - 86400000000 and d.last_us + 86400000000
    where a.operation in (
        'GetFoundationModelAvailability', 'ListFoundationModelAgreementOffers', 'GetUseCaseForModelAccess', 'ListFoundationModels',
        'GetFoundationModel', 'ListInferenceProfiles', 'ListProvisionedModelThroughputs', 'GetModelInvocationLoggingConfiguration'
    )
    group by d.actor, d.day
),
used as (
    select
        d.actor, d.day, count(*) as calls, count(*) filter (c.outcome = 'success') as answered, count(distinct c.model) as models,
        max(c.at_us) as last_us, list_slice(list(c.eid order by c.at_us, c.eid), 1, 5000) as eids
    from days d
    join call c on c.actor = d.actor and c.at_us between d.first_us and d.last_us + 86400000000
    group by d.actor, d.day
),
told as (
    select
        d.*, coalesce(l.requests, 0) as looked, coalesce(u.calls, 0) as calls, coalesce(u.answered, 0) as answered, coalesce(u.models, 0) as models,
        coalesce(l.eids, []) || d.eids || coalesce(u.eids, []) as all_eids,
        greatest(d.last_us, coalesce(u.last_us, 0)) as end_us,
        d.succeeded > 0 and d.by_program and coalesce(u.calls, 0) > 0 as high
    from days d
    left join looking l on l.actor = d.actor and l.day = d.day
    left join used u on u.actor = d.actor and u.day = d.day
)
select
    actor as subject,
    strftime(make_timestamp(day * 86400000000), '%Y-%m-%d') as bucket,
    actor,
    case
        when high and days_before < 3 then 'high'
        when days_before >= 3 or succeeded = 0 and calls = 0 then 'low'
        else 'medium'
    end as severity,
    'Enabled models' || case when by_program then ' by a program' else ' in the console' end || ': ' || operations || ', '
        || requests || ' requests, ' || (requests - succeeded) || ' of them refused or failed. Before and after it looked '
        || looked || ' times what there is. Within a day it made ' || calls || ' calls of ' || models || ' models, ' || answered || ' of them answered.' as explanation,
    first_us, end_us as last_us,
    list_sort(all_eids) as eids,
    operations, by_program, looked as requests_about_models, calls as calls_within_a_day, models, addresses
from told
where by_program or calls > 0
order by first_us, actor
