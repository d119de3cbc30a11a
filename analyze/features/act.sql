-- What was done beside calls of models, as detectors read it: changes of
-- settings, logins, other requests. An act is one event; actor as in table call. Words
-- may be of ENUM types, which read as text does (casefile.MakeActTable).
create or replace temp table act as
select
    eid,
    epoch_us(ts_corrected) as at_us,
    coalesce(
        nullif(person, ''),
        regexp_replace(nullif(principal, ''), '^(arn:[^:]*:sts::[^:]*:assumed-role/[^/]*)/([^/]*[-_.@])?([0-9]{10,}|[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$', '\1'),
        nullif(credential_id, ''), nullif(end_user, ''), nullif(app, ''), nullif(src_ip, '')
    ) as actor,
    nullif(person, '') as person,
    nullif(principal, '') as principal,
    nullif(principal_type, '') as principal_type,
    nullif(role, '') as role,
    nullif(credential_id, '') as credential,
    nullif(issued_credential_id, '') as issued_credential,
    nullif(source_identity, '') as source_identity,
    nullif(tenant, '') as tenant,
    nullif(app, '') as app,
    format,
    plane,
    kind,
    nullif(provider, '') as provider,
    nullif(service, '') as service,
    nullif(operation, '') as operation,
    coalesce(outcome, 'unknown') as outcome,
    nullif(error_code, '') as error_code,
    nullif(region, '') as region,
    nullif(src_ip, '') as address,
    nullif(src_network, '') as network,
    nullif(src_country, '') as country,
    src_asn as asn,
    nullif(client, '') as client,
    nullif(user_agent, '') as user_agent,
    nullif(model, '') as model,
    mfa,
    parameters,
    destination
from events
where ts is not null and kind in ('admin', 'auth', 'data', 'other', 'guardrail')
    -- says nothing more, but reaches the segments: the columns of calls are not read
    and kind <> 'inference' and kind <> 'embedding' and kind <> 'retrieval' and kind <> 'tool'
order by at_us, eid;
