-- id: identity.phantom
-- title: A user that exists only to hold a Bedrock API key did something else
-- severity: high
-- why: Making a long-term Bedrock API key in the console makes an IAM user named BedrockAPIKey-
--   and some letters. Nobody works as that user, and its key opens nothing but Bedrock. Where it
--   works elsewhere, someone gave it another credential or more rights.
-- tags: attack.t1078.004, attack.t1098.001, atlas.aml.t0012
-- needs: act.operation, act.principal
-- reads: act, granted
-- false positive: an administrator who uses such a user as a service account
-- triage: look which credentials the user has, when they were made, and by whom: cloud.persistence
-- triage: list everything that the user did, and from which networks
-- collect: the policies and credentials of the user as they are now
-- contain: deactivate the keys of the user; applications that use its API key stop working
-- contain: delete the user and give the application a role instead
with done as (
    select eid, at_us, actor, actor as subject, service, operation, outcome, address, 'elsewhere' as sort
    from act
    where principal like '%:user/BedrockAPIKey-%' and service not like 'bedrock%'
    union all
    -- The console attaches this policy when it makes such a user.
    select eid, at_us, actor, target, 'iam', operation, 'success', address, 'given'
    from granted
    where target like 'BedrockAPIKey-%' and policy <> 'AmazonBedrockLimitedAccess' and operation <> 'CreateServiceSpecificCredential'
)
select
    subject,
    sort || ' ' || strftime(make_timestamp(at_us // 86400000000 * 86400000000), '%Y-%m-%d') as bucket,
    min(actor) as actor,
    case when count(*) filter (outcome = 'success') = 0 then 'medium' else 'high' end as severity,
    case when sort = 'given' then 'A user that exists only to hold a Bedrock API key was given other credentials or rights' end as title,
    case
        when sort = 'given' then min(actor) || ' did ' || string_agg(distinct operation, ', ' order by operation) || ' for the user, whose key was for Bedrock alone.'
        else 'Within one day the user made ' || count(*) || ' requests to '
            || string_agg(distinct split_part(service, '.', 1), ', ' order by split_part(service, '.', 1))
            || ', ' || count(*) filter (outcome <> 'success') || ' of them refused or failed. Its key is for Bedrock alone.'
    end as explanation,
    min(at_us) as first_us, max(at_us) as last_us,
    list_slice(list(eid order by at_us, eid), 1, 10000) as eids,
    count(*) as event_count,
    count(*) filter (outcome = 'success') as succeeded,
    string_agg(distinct operation, ' ' order by operation) as operations,
    string_agg(distinct address, ' ' order by address) as addresses
from done
where actor is not null
group by subject, sort, at_us // 86400000000
order by at_us // 86400000000, subject, sort
