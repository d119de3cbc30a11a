-- What a policy is about in calls, once, because the view joins much: summed up
-- by quarter of an hour, which is how finely hours are told.
create or replace temp table policy_call as
select
    epoch_us(ts) // 900000000 as quarter,
    kind,
    principal,
    coalesce(principal_type, '') as principal_type,
    coalesce(role, '') as role,
    person,
    credential_id,
    app,
    model,
    operation,
    region,
    src_ip,
    src_country,
    src_asn::varchar as src_asn,
    destination,
    data_format,
    count(*) as calls,
    min(ts) as first,
    max(ts) as last
from calls
group by all;
