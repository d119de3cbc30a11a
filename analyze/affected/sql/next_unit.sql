-- What the chosen calls and other events were, coalesced like those of
-- met_unit. Of several outcomes the worst counts.
create or replace temp table next_unit as
with part as (
    select c.unit, coalesce(m.eid, c.unit) as eid, coalesce(m.who, 0) as who, coalesce(m.said, 0) as said, coalesce(m.last, 0) as last
    from chosen c
    left join call_event m on m.call = c.unit
)
select
    p.unit,
    bool_or(e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')) as is_call,
    arg_min(e.ts, p.said) as ts,
    arg_min(e.principal, p.who) as principal,
    arg_min(e.src_ip, p.who) as src_ip,
    arg_min(e.model, p.said) as model,
    arg_min(e.session_id, p.said) as session_id,
    arg_min(p.eid, p.said) as eid,
    arg_min(e.operation, p.said) as operation,
    max(case e.outcome when 'blocked' then 4 when 'denied' then 3 when 'throttled' then 2 when 'error' then 1 else 0 end) as trouble,
    arg_min(e.error_code, p.last) as error_code,
    bool_or(e.kind = 'tool' or e.tool_calls is not null) as tool,
    arg_min(e.issued_credential_id, p.who) as issued,
    arg_min(e.destination, p.said) as destination,
    arg_min(e.bytes_out, p.last) as bytes_out
from part p
join stored_event e on e.segment = p.eid // 268435456 and e.row = p.eid % 268435456
group by p.unit;
