-- Identifiers of calls that more than one event has, as far as this load
-- touches them, and their events. $first is the first event of the load.
create or replace temp table shared as
select i.h, i.kind
from identifier_index i
where i.kind in ('call_request', 'call_response', 'call_span')
    and i.h in (select h from identifier_index where eid >= $first and kind in ('call_request', 'call_response', 'call_span')) -- when extending
group by i.h, i.kind
having count(*) > 1;

create or replace temp table link as
select i.h, i.kind, i.eid, i.eid as part_of
from identifier_index i
semi join shared s on s.h = i.h and s.kind = i.kind
where i.kind in ('call_request', 'call_response', 'call_span');
