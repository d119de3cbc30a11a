-- What calls say in words, once for each combination of wordings that a call has,
-- with what the case is enriched by, under the names of table call.
create or replace temp table call_words as
select
    number, {{keys}},
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
    price_entry, price_input, price_output, price_cache_read, price_cache_write
from (
    select e.*, {{added}}, {{prices}}
    from (
        select m.*, {{coalesced}}
        from (select row_number() over () as number, * from (select distinct {{keys}} from call_line)) m
        {{word_joins}}
    ) e
    {{enriching}}
);
