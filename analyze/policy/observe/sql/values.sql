-- Every value that a pattern can be compared with: of calls, and of the other
-- events, because an approval is also for changes, which are no calls. Calls
-- without a time are among the other events.
with seen as (
    select distinct kind, principal, role, person, credential_id, app, model, region, src_ip, src_country, src_asn, destination, data_format, operation
    from policy_call
    union
    select distinct kind, principal, role, null, credential_id, app, model, region, src_ip, null, null, destination, data_format, operation
    from events
    where ts is null or kind not in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
),
value as (
    select distinct
        unnest(['principals', 'roles', 'persons', 'credentials', 'apps', 'models', 'regions', 'addresses', 'countries', 'asns', 'destinations', 'formats',
            case when kind = 'tool' then 'tools' else 'operations' end]) as kind,
        unnest([principal, role, person, credential_id, app, model, region, src_ip, src_country, src_asn, destination, data_format, operation]) as value
    from seen
)
select kind, value
from value
where value <> ''
qualify row_number() over (partition by kind order by value) <= $limit + 1
order by kind, value;
