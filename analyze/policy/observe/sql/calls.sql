-- What a policy is about in calls, once: summed up by quarter of an hour, which
-- is how finely hours are told. Words become text here, for their types differ.
create or replace temp table policy_call as
select
    quarter, kind::varchar as kind, principal::varchar as principal, coalesce(principal_type::varchar, '') as principal_type,
    coalesce(role::varchar, '') as role, person::varchar as person, credential::varchar as credential_id, app::varchar as app, model::varchar as model,
    operation::varchar as operation, region::varchar as region, address::varchar as src_ip, country::varchar as src_country, asn::varchar as src_asn,
    destination::varchar as destination, data_format::varchar as data_format, calls, first_us, last_us
from (
    select
        at_us // 900000000 as quarter, kind, principal, principal_type, role, person, credential, app, model, operation, region, address, country, asn,
        destination, data_format, count(*) as calls, min(at_us) as first_us, max(at_us) as last_us
    from call
    group by all
);
