-- The words in small types, and the calls with them.
create or replace temp table call_small as
select number, {{keys}}, {{casts}}, asn from call_words;

create or replace temp table call_price as
select number, price_entry as entry, price_input as input, price_output as output, price_cache_read as cache_read, price_cache_write as cache_write
from call_words
where price_entry is not null;

create or replace temp table call as
select
    eid, at_us,
    actor, person, principal, principal_type, role, credential, end_user, tenant, app, session, model, model_response, provider, service, endpoint,
    operation, kind, outcome, error_code, region, address, network, country, asn, client, user_agent, destination, data_format,
    guardrail_action, finish_reason,
    input_tokens, output_tokens, cost_usd, bytes_in, bytes_out, latency_us, ttft_us
from (
    select e.* replace ({{costs}})
    from (
        select l.*, {{unsaid}}s.* exclude ({{keys}}), null::varchar as cost_basis
        from call_line l
        join call_small s on {{same}}
        where l.at_us is not null
    ) e
    {{pricing}}
);

drop table call_price;

drop table call_small;

drop table call_words;

drop table call_line;

drop table call_teller;

drop table call_wording;

drop view call_part;
