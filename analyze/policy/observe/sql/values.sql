-- Every value that a pattern can be compared with: of calls, and of the other
-- events, because an approval is also for changes, which are no calls.
with value as (
    select
        unnest(['principals', 'roles', 'persons', 'credentials', 'apps', 'models', 'regions', 'addresses', 'countries', 'asns', 'destinations', 'formats',
            case when kind = 'tool' then 'tools' else 'operations' end]) as kind,
        unnest([principal, role, person, credential_id, app, model, region, src_ip, src_country, src_asn, destination, data_format, operation]) as value
    from policy_call
    union
    select
        unnest(['principals', 'roles', 'credentials', 'apps', 'models', 'regions', 'addresses', 'destinations', 'formats',
            case when kind = 'tool' then 'tools' else 'operations' end]),
        unnest([principal, role, credential_id, app, model, region, src_ip, destination, data_format, operation])
    from events
)
select kind, value
from value
where value <> ''
qualify row_number() over (partition by kind order by value) <= $limit + 1
order by kind, value;
