-- What the linked events are linked to in turn, by other identifiers that more
-- than one event has.
create or replace temp table also as
with id as (
    select distinct i.h, i.kind
    from identifier_index i
    where i.kind in ('call_request', 'call_response', 'call_span') and i.eid in (select eid from link)
)
select i.h, i.kind
from identifier_index i
semi join id on id.h = i.h and id.kind = i.kind
anti join shared s on s.h = i.h and s.kind = i.kind
where i.kind in ('call_request', 'call_response', 'call_span')
group by i.h, i.kind
having count(*) > 1;

insert into link
select i.h, i.kind, i.eid, i.eid
from identifier_index i
semi join also a on a.h = i.h and a.kind = i.kind
where i.kind in ('call_request', 'call_response', 'call_span');

insert into shared select h, kind from also;
