-- Calls that more than one event shows: events of the kinds that are calls,
-- joined by the identifiers that name one call. $first is the first event of
-- this load; calls that it touches are formed anew.
create or replace temp table link as
with recursive touched as (
    select distinct h, kind from identifier_index where eid >= $first and kind in ('call_request', 'call_response')
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
