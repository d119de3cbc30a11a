-- Who made the chosen calls and other events, coalesced as the view calls does
-- it: who called from where comes from the provider's log of accesses first,
-- what was said from its log of contents.
create or replace temp table met_unit as
with part as (
    select c.unit, coalesce(m.eid, c.unit) as eid, coalesce(m.who, 0) as who, coalesce(m.said, 0) as said
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
    arg_min(e.credential_id, p.who) as credential_id,
    arg_min(e.end_user, p.said) as end_user,
    arg_min(e.app, p.said) as app
from part p
join stored_event e on e.segment = p.eid // 268435456 and e.row = p.eid % 268435456
group by p.unit;
