-- Calls that more than one event shows.
create table joined_call (
    call bigint,             -- eid of its first event
    call_id varchar,
    events bigint,
    planes varchar,
    roles varchar,
    -- The event of each role. The view calls coalesces their columns. Where a
    -- role has several, all are NULL: merged_call has the columns then.
    who bigint,              -- access
    said bigint,             -- content
    gateway bigint,
    trace bigint,
    client bigint,
    other bigint
);
-- The events of these calls. Where they differ, the smallest rank decides: who
-- for the columns on who called from where, said for what was said, last for
-- how it ended.
create table call_event (
    call bigint,
    eid bigint,
    plane varchar,
    role varchar,            -- access, content, gateway, trace, client or other
    counted boolean,         -- a call by its kind, not only a part of one
    lead boolean,            -- the last part that its format has of the call
    who integer,
    said integer,
    last integer
);
-- The columns of calls that were written in pieces, or that several logs of one
-- role show.
create table merged_call (
    call bigint, evidence bigint, record bigint, part bigint,
    ts timestamptz,
    ts_end timestamptz,
    latency_us bigint,
    ttft_us bigint,
    kind varchar,
    operation varchar,
    outcome varchar,
    error_code varchar,
    http_status bigint,
    principal varchar,
    principal_type varchar,
    principal_issuer varchar,
    role varchar,
    credential_id varchar,
    credential_kind varchar,
    source_identity varchar,
    end_user varchar,
    tenant varchar,
    src_ip varchar,
    user_agent varchar,
    client varchar,
    provider varchar,
    service varchar,
    endpoint varchar,
    model varchar,
    model_response varchar,
    deployment varchar,
    region varchar,
    inference_region varchar,
    app varchar,
    request_id varchar,
    trace_id varchar,
    session_id varchar,
    response_id varchar,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    cost_usd decimal(18,9),
    cost_basis varchar,
    content_state varchar,
    finish_reason varchar,
    stream boolean,
    guardrail_action varchar,
    destination varchar,
    bytes_in bigint,
    bytes_out bigint,
    data_format varchar,
    disagreements varchar,
    system_prompt_hash blob,
    prompt_hash blob,
    response_hash blob,
    ts_evidence bigint       -- of the event that ts is from
);
-- What was said in merged calls whose logs cut it into chunks, put together.
create table joined_text (
    call bigint,
    system_prompt varchar, prompt varchar, response varchar, reasoning varchar,
    system_prompt_hash blob, prompt_hash blob, response_hash blob, reasoning_hash blob,
    input_messages varchar, output_messages varchar
);
