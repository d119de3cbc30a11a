-- The identifiers of the events in the given segments. Values of one class
-- that can join get one kind: a span and a parent span are both spans. A
-- credential that was issued keeps its own, so that who issued it is found
-- without looking at every use of it. The kinds call_request and call_response
-- are ids of one invocation of a model or tool.
insert into identifier_index
select hash(value) as h, kind, eid
from (
    select segment * 268435456 + row as eid, 'event' as kind, native_id as value
    from read_parquet({{events}}) where native_id <> ''
    union all
    select segment * 268435456 + row, case when kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') then 'call_request' else 'request' end, request_id
    from read_parquet({{events}}) where request_id <> ''
    union all
    select segment * 268435456 + row, case when kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') then 'call_response' else 'response' end, response_id
    from read_parquet({{events}}) where response_id <> ''
    union all
    select segment * 268435456 + row, 'trace', trace_id
    from read_parquet({{events}}) where trace_id <> ''
    union all
    select segment * 268435456 + row, 'span', span_id
    from read_parquet({{events}}) where span_id <> ''
    union all
    select segment * 268435456 + row, 'span', parent_span_id
    from read_parquet({{events}}) where parent_span_id <> ''
    union all
    select segment * 268435456 + row, 'session', session_id
    from read_parquet({{events}}) where session_id <> ''
    union all
    select segment * 268435456 + row, 'message', message_id
    from read_parquet({{events}}) where message_id <> ''
    union all
    select segment * 268435456 + row, 'message', parent_message_id
    from read_parquet({{events}}) where parent_message_id <> ''
    union all
    select segment * 268435456 + row, 'credential', credential_id
    from read_parquet({{events}}) where credential_id <> ''
    union all
    select segment * 268435456 + row, 'issued_credential', issued_credential_id
    from read_parquet({{events}}) where issued_credential_id <> ''
    union all
    select segment * 268435456 + row, 'source_identity', source_identity
    from read_parquet({{events}}) where source_identity <> ''
    union all
    select segment * 268435456 + row, 'tool_call', unnest(from_json(tool_call_ids, '["VARCHAR"]'))
    from read_parquet({{events}}) where tool_call_ids is not null
    union all
    select eid, id.kind, id.value
    from (
        select segment * 268435456 + row as eid, unnest(from_json(other_ids, '[{"kind":"VARCHAR","value":"VARCHAR"}]')) as id
        from read_parquet({{events}}) where other_ids is not null
    )
)
where value <> ''
order by kind, h, eid;
