-- Calls that more than one event shows, with their columns coalesced: who and
-- where from the access side first, what was said and used from the content
-- side first. disagreements lists the columns on which the events differ.
create table joined_call (
    call_id varchar,
    eid bigint,              -- the event that stands for the call
    events integer,
    planes varchar,
    ts timestamptz, ts_end timestamptz, latency_us bigint, ttft_us bigint,
    kind varchar, operation varchar, outcome varchar, error_code varchar, http_status bigint,
    principal varchar, principal_type varchar, principal_issuer varchar, role varchar,
    credential_id varchar, credential_kind varchar, source_identity varchar, end_user varchar, tenant varchar,
    src_ip varchar, user_agent varchar, client varchar,
    provider varchar, service varchar, endpoint varchar, model varchar, model_response varchar,
    deployment varchar, region varchar, inference_region varchar, app varchar,
    request_id varchar, trace_id varchar, session_id varchar, response_id varchar,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
    reasoning_tokens bigint, cost_usd decimal(18, 9), cost_basis varchar,
    content_state varchar, finish_reason varchar, stream boolean, guardrail_action varchar,
    destination varchar, bytes_in bigint, bytes_out bigint, data_format varchar,
    system_prompt_hash blob, prompt_hash blob, response_hash blob,
    disagreements varchar
);
