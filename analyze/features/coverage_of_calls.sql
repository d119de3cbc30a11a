-- How many calls say what. Columns are named as in table call.
create or replace temp table coverage_of_calls as
with counted as (
    select
        count(*) as calls, count(actor) as actor, count(person) as person, count(principal) as principal, count(role) as role,
        count(credential) as credential, count(end_user) as end_user, count(app) as app, count(session) as session,
        count(model) as model, count(provider) as provider, count(operation) as operation, count(error_code) as error_code,
        count(region) as region, count(address) as address, count(network) as network, count(country) as country, count(asn) as asn,
        count(client) as client, count(user_agent) as user_agent, count(destination) as destination, count(data_format) as data_format,
        count(input_tokens) as input_tokens, count(output_tokens) as output_tokens, count(cost_usd) as cost_usd,
        count(bytes_out) as bytes_out, count(latency_us) as latency_us, count(ttft_us) as ttft_us,
        count(guardrail_action) as guardrail_action
    from call
)
select name, value from counted unpivot (value for name in (*));
