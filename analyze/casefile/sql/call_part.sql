-- What events say of calls, for table call. See calltable.go.
create or replace temp view call_part as
select
    e.segment * 268435456 + e.row as eid, {{corrected}} as ts_corrected, epoch_us({{corrected}}) as at_us,
    e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') as counted, e.*
from {{events}} e
{{correcting}}
where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') {{pieces}};

-- Which formats tell of calls in which role, on which plane.
create or replace temp table call_teller as
select {{role}} as told_by, coalesce(e.plane, '') as plane, e.format, e.counted
from (select plane, format, count(*) filter (counted) as counted from call_part group by plane, format) e;
