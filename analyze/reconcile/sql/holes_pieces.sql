-- The numbers of the pieces of each call in each log. What joins the pieces is
-- an id of the call. Numbers below 1 are no places.
create or replace temp table hole_piece as
select
    e.format,
    coalesce(nullif(e.request_id, ''), nullif(e.response_id, ''), nullif(concat_ws('/', e.trace_id, e.span_id), '')) as call,
    e.sequence, min(e.eid) as eid, min(e.ts) as ts
from events e
where e.sequence >= 1
group by all
having call is not null;
