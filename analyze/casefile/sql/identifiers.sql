-- The identifiers of the events in the given segments, a kind at a time: sorting
-- them all at once would not fit in memory. Values of one class that can join
-- get one kind: a span and a parent span are both spans. A credential that was
-- issued keeps its own, so that who issued it is found without looking at every
-- use of it. Requests and responses of events that are calls, or parts of one,
-- get kinds of their own, which name one invocation; so do their spans.
-- needs native_id
insert into identifier_index
select hash(native_id) as h, 'event', segment * 268435456 + row
from read_parquet({{events}})
where native_id <> ''
order by h, 3;

-- needs request_id
insert into identifier_index
select hash(request_id) as h, case when kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') or sequence is not null then 'call_request' else 'request' end, segment * 268435456 + row
from read_parquet({{events}})
where request_id <> ''
order by h, 3;

-- needs response_id
insert into identifier_index
select hash(response_id) as h, case when kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') or sequence is not null then 'call_response' else 'response' end, segment * 268435456 + row
from read_parquet({{events}})
where response_id <> ''
order by h, 3;

-- needs trace_id
insert into identifier_index
select hash(trace_id) as h, 'trace', segment * 268435456 + row
from read_parquet({{events}})
where trace_id <> ''
order by h, 3;

-- needs span_id
insert into identifier_index
select hash(span_id) as h, 'span', segment * 268435456 + row
from read_parquet({{events}})
where span_id <> ''
order by h, 3;

-- needs span_id
insert into identifier_index
select hash(trace_id || '/' || span_id) as h, 'call_span', segment * 268435456 + row
from read_parquet({{events}})
where span_id <> '' and trace_id <> '' and (kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') or sequence is not null)
order by h, 3;

-- needs parent_span_id
insert into identifier_index
select hash(parent_span_id) as h, 'span', segment * 268435456 + row
from read_parquet({{events}})
where parent_span_id <> ''
order by h, 3;

-- needs session_id
insert into identifier_index
select hash(session_id) as h, 'session', segment * 268435456 + row
from read_parquet({{events}})
where session_id <> ''
order by h, 3;

-- needs message_id
insert into identifier_index
select hash(message_id) as h, 'message', segment * 268435456 + row
from read_parquet({{events}})
where message_id <> ''
order by h, 3;

-- needs parent_message_id
insert into identifier_index
select hash(parent_message_id) as h, 'message', segment * 268435456 + row
from read_parquet({{events}})
where parent_message_id <> ''
order by h, 3;

-- needs credential_id
insert into identifier_index
select hash(credential_id) as h, 'credential', segment * 268435456 + row
from read_parquet({{events}})
where credential_id <> ''
order by h, 3;

-- needs issued_credential_id
insert into identifier_index
select hash(issued_credential_id) as h, 'issued_credential', segment * 268435456 + row
from read_parquet({{events}})
where issued_credential_id <> ''
order by h, 3;

-- needs source_identity
insert into identifier_index
select hash(source_identity) as h, 'source_identity', segment * 268435456 + row
from read_parquet({{events}})
where source_identity <> ''
order by h, 3;

-- needs tool_call_ids
insert into identifier_index
select hash(value) as h, 'tool_call', eid
from (select segment * 268435456 + row as eid, unnest(from_json(tool_call_ids, '["VARCHAR"]')) as value from read_parquet({{events}}) where tool_call_ids is not null)
where value <> ''
order by h, eid;

-- needs other_ids
insert into identifier_index
select hash(id.value) as h, id.kind, eid
from (
    select segment * 268435456 + row as eid, unnest(from_json(other_ids, '[{"kind":"VARCHAR","value":"VARCHAR"}]')) as id
    from read_parquet({{events}}) where other_ids is not null
)
where id.value <> ''
order by id.kind, h, eid;
