-- When a subject was first and last seen with a value, and in how many calls.
create or replace temp table feature_value as
select 'actor' as dimension, actor::varchar as subject, 'model' as attribute, model::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and model is not null
group by actor, model
union all
select 'actor' as dimension, actor::varchar as subject, 'address' as attribute, address::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and address is not null
group by actor, address
union all
select 'actor' as dimension, actor::varchar as subject, 'network' as attribute, network::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and network is not null
group by actor, network
union all
select 'actor' as dimension, actor::varchar as subject, 'country' as attribute, country::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and country is not null
group by actor, country
union all
select 'actor' as dimension, actor::varchar as subject, 'asn' as attribute, asn::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and asn is not null
group by actor, asn
union all
select 'actor' as dimension, actor::varchar as subject, 'client' as attribute, client::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and client is not null
group by actor, client
union all
select 'actor' as dimension, actor::varchar as subject, 'region' as attribute, region::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and region is not null
group by actor, region
union all
select 'actor' as dimension, actor::varchar as subject, 'operation' as attribute, operation::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and operation is not null
group by actor, operation
union all
select 'actor' as dimension, actor::varchar as subject, 'endpoint' as attribute, endpoint::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and endpoint is not null
group by actor, endpoint
union all
select 'actor' as dimension, actor::varchar as subject, 'destination' as attribute, destination::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and destination is not null
group by actor, destination
union all
select 'actor' as dimension, actor::varchar as subject, 'data_format' as attribute, data_format::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where actor is not null and data_format is not null
group by actor, data_format
union all
select 'credential' as dimension, credential::varchar as subject, 'model' as attribute, model::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and model is not null
group by credential, model
union all
select 'credential' as dimension, credential::varchar as subject, 'address' as attribute, address::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and address is not null
group by credential, address
union all
select 'credential' as dimension, credential::varchar as subject, 'network' as attribute, network::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and network is not null
group by credential, network
union all
select 'credential' as dimension, credential::varchar as subject, 'country' as attribute, country::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and country is not null
group by credential, country
union all
select 'credential' as dimension, credential::varchar as subject, 'asn' as attribute, asn::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and asn is not null
group by credential, asn
union all
select 'credential' as dimension, credential::varchar as subject, 'client' as attribute, client::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and client is not null
group by credential, client
union all
select 'credential' as dimension, credential::varchar as subject, 'region' as attribute, region::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and region is not null
group by credential, region
union all
select 'credential' as dimension, credential::varchar as subject, 'operation' as attribute, operation::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and operation is not null
group by credential, operation
union all
select 'credential' as dimension, credential::varchar as subject, 'endpoint' as attribute, endpoint::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and endpoint is not null
group by credential, endpoint
union all
select 'credential' as dimension, credential::varchar as subject, 'destination' as attribute, destination::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and destination is not null
group by credential, destination
union all
select 'credential' as dimension, credential::varchar as subject, 'data_format' as attribute, data_format::varchar as value, count(*) as calls, min(at_us) as first_at, max(at_us) as last_at, min(eid) as first_eid
from call
where credential is not null and data_format is not null
group by credential, data_format;
