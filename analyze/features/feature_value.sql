-- When a subject was first and last seen with a value, and in how many calls.
create or replace temp table feature_value as
{{each dimension of actor, credential}}
{{each attribute of model, address, network, country, asn, client, region, operation, endpoint, destination, data_format}}
select
    '{{dimension}}' as dimension, {{dimension}}::varchar as subject, '{{attribute}}' as attribute, {{attribute}}::varchar as value,
    count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where {{dimension}} is not null and {{attribute}} is not null
group by {{dimension}}, {{attribute}}
