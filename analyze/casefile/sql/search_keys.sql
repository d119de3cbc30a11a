-- The events that the index says have one of the values as an identifier, with
-- their identifiers. Credentials and source identities are looked through as
-- columns.
create or replace temp table search_key as
select distinct w.term, w.value, i.eid
from identifier_index i
join search_whole w on hash(w.value) = i.h
anti join duplicate d on d.eid = i.eid
where i.kind not in ('credential', 'issued_credential', 'source_identity', 'call_span');

create or replace temp table search_keyed as
select
    k.term, k.value, k.eid,
    e.native_id, e.request_id, e.trace_id, e.span_id, e.parent_span_id, e.session_id, e.response_id,
    e.message_id, e.parent_message_id, e.tool_call_ids, e.other_ids
from search_key k
join read_parquet({{events}}) e on e.segment = k.eid // 268435456 and e.row = k.eid % 268435456
