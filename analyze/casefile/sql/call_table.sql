-- The calls, with what the case is enriched by.
create or replace temp table call as
select
    eid, at_us,
    {{actor}} as actor, person, {{principal}} as principal, {{principal_type}} as principal_type, {{role}} as role, {{credential_id}} as credential,
    {{end_user}} as end_user, {{tenant}} as tenant, {{app}} as app, {{session_id}} as session, {{model}} as model, {{model_response}} as model_response,
    {{provider}} as provider, {{service}} as service, {{endpoint}} as endpoint, {{operation}} as operation, kind, {{outcome}} as outcome,
    {{error_code}} as error_code, {{region}} as region, {{src_ip}} as address, network, country, asn, {{client}} as client,
    {{user_agent}} as user_agent, {{destination}} as destination, {{data_format}} as data_format, guardrail_action, finish_reason,
    input_tokens, output_tokens, cost_usd, bytes_in, bytes_out, latency_us, ttft_us
from (
    select
        e.*{{costs}}, {{person}} as person, of_principal.actor as principal_actor,
        {{network}} as network, {{country}} as country, {{asn}} as asn
    from (
        {{lines}}
    ) e
    {{joins}}
    where e.at_us is not null
) e;

drop view call_part;
