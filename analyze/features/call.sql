-- The calls as detectors read them, one row each: who is asking, by the best name
-- there is, when in microseconds, what it used, and how it ended. Calls without a
-- time have no place in a history and are left out; their number is told. Words
-- may be of ENUM types, which read as text does (casefile.MakeCallTable).
--
-- A role whose sessions have names of their own by number, as SDKs and hosts give
-- them (botocore-session-1700000000, aws-go-sdk- and nanoseconds, i- and the id of
-- a host, a UUID), has its history as a role: no such session has one.
create or replace temp table call as
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
    nullif(end_user, '') as end_user,
    nullif(tenant, '') as tenant,
    nullif(app, '') as app,
    nullif(session_id, '') as session,
    nullif(coalesce(model, model_response), '') as model,
    nullif(model_response, '') as model_response,
    nullif(provider, '') as provider,
    nullif(service, '') as service,
    nullif(endpoint, '') as endpoint,
    nullif(operation, '') as operation,
    kind,
    coalesce(outcome, 'unknown') as outcome,
    nullif(error_code, '') as error_code,
    nullif(region, '') as region,
    nullif(src_ip, '') as address,
    nullif(src_network, '') as network,
    nullif(src_country, '') as country,
    src_asn as asn,
    nullif(client, '') as client,
    nullif(user_agent, '') as user_agent,
    nullif(destination, '') as destination,
    nullif(data_format, '') as data_format,
    guardrail_action,
    finish_reason,
    input_tokens,
    output_tokens,
    cost_usd,
    bytes_in,
    bytes_out,
    latency_us,
    ttft_us
from calls
where ts_corrected is not null
order by at_us, eid;
