-- Identifiers of calls that more than one event has, as far as this load
-- touches them. $first is the first event of the load.
create or replace temp table shared as
select i.h, i.kind
from identifier_index i
where i.kind in ('call_request', 'call_response')
    and i.h in (select h from identifier_index where eid >= $first and kind in ('call_request', 'call_response')) -- when extending
group by i.h, i.kind
having count(*) > 1;

-- Their events, and what these are linked to in turn.
create or replace temp table link as
with recursive touched as (
    select h, kind from shared
    union
    select i.h, i.kind
    from touched t
    join identifier_index o on o.h = t.h and o.kind = t.kind
    join identifier_index i on i.eid = o.eid and i.kind in ('call_request', 'call_response')
)
select i.h, i.kind, i.eid, i.eid as part_of
from identifier_index i
semi join touched t on t.h = i.h and t.kind = i.kind
where i.kind in ('call_request', 'call_response');
