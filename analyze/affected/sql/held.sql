-- The events that hold what is asked for, duplicates too, and what it is there:
-- the role of a text, or the kind of an identifier.
create or replace temp table held as
select w.thing, u.eid, u.role
from stored_use u
join wanted w on w.hash = u.hash
union
select w.thing, e.eid, 'system'
from stored_event e
join wanted w on w.hash = e.system_prompt_hash
union
select w.thing, e.eid, 'user'
from stored_event e
join wanted w on w.hash = e.prompt_hash
union
select w.thing, e.eid, 'assistant'
from stored_event e
join wanted w on w.hash = e.response_hash
union
select w.thing, e.eid, 'reasoning'
from stored_event e
join wanted w on w.hash = e.reasoning_hash
union
select w.thing, t.call, t.role
from (
    select call, system_prompt_hash as hash, 'system' as role from joined_text
    union all select call, prompt_hash, 'user' from joined_text
    union all select call, response_hash, 'assistant' from joined_text
    union all select call, reasoning_hash, 'reasoning' from joined_text
) t
join wanted w on w.hash = t.hash
union
select w.thing, e.eid, 'principal'
from stored_event e
join wanted w on w.kind = 'principal' and w.value = e.principal
union
select w.thing, e.eid, 'end_user'
from stored_event e
join wanted w on w.kind = 'end_user' and w.value = e.end_user
union
select w.thing, e.eid, 'address'
from stored_event e
join wanted w on w.kind = 'address' and w.value = e.src_ip;

-- The index knows identifiers by 64 bits of a hash: the events decide.
insert into held
select distinct w.thing, e.eid, w.kind
from wanted w
join identifier_index i on i.h = w.h and i.kind = w.kind
join stored_event e on e.segment = i.eid // 268435456 and e.row = i.eid % 268435456
where case w.kind
    when 'event' then e.native_id = w.value
    when 'request' then e.request_id = w.value
    when 'call_request' then e.request_id = w.value
    when 'response' then e.response_id = w.value
    when 'call_response' then e.response_id = w.value
    when 'trace' then e.trace_id = w.value
    when 'span' then e.span_id = w.value or e.parent_span_id = w.value
    when 'session' then e.session_id = w.value
    when 'message' then e.message_id = w.value or e.parent_message_id = w.value
    when 'credential' then e.credential_id = w.value
    when 'issued_credential' then e.issued_credential_id = w.value
    when 'source_identity' then e.source_identity = w.value
    when 'tool_call' then list_contains(from_json(e.tool_call_ids, '["VARCHAR"]'), w.value)
end or list_contains(from_json(e.other_ids, '[{"kind":"VARCHAR","value":"VARCHAR"}]'), {'kind': w.kind, 'value': w.value});
