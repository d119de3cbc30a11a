-- When a subject was first and last seen with a value, and in how many calls.
create or replace temp table feature_value as
with subject as (
    select 'actor' as dimension, actor as subject, * from call where actor is not null
    union all select 'credential', credential, * from call where credential is not null
),
pair as (
    select dimension, subject, at_us, eid, 'model' as attribute, model as value from subject
    union all select dimension, subject, at_us, eid, 'address', address from subject
    union all select dimension, subject, at_us, eid, 'network', network from subject
    union all select dimension, subject, at_us, eid, 'country', country from subject
    union all select dimension, subject, at_us, eid, 'asn', asn::varchar from subject
    union all select dimension, subject, at_us, eid, 'client', client from subject
    union all select dimension, subject, at_us, eid, 'region', region from subject
    union all select dimension, subject, at_us, eid, 'operation', operation from subject
    union all select dimension, subject, at_us, eid, 'endpoint', endpoint from subject
    union all select dimension, subject, at_us, eid, 'destination', destination from subject
    union all select dimension, subject, at_us, eid, 'data_format', data_format from subject
)
select dimension, subject, attribute, value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from pair
where value is not null
group by dimension, subject, attribute, value;
