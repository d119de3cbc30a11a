-- What events say of calls, for table call: {{words}} are the columns of text, in
-- their wordings. See calltable.go.
create or replace temp view call_part as
select
    e.segment * 268435456 + e.row as eid, {{role}} as told_by, {{corrected}} as ts_corrected, epoch_us({{corrected}}) as at_us,
    e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') as counted, e.*
from read_parquet({{events}}) e
{{correcting}}
where e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') {{pieces}};

create or replace temp table call_wording as
select hash({{words}}) as h, {{words}}
from (select {{words}} from call_part union all select {{words}} from merged_call)
group by {{words}};

create or replace temp table call_teller as
select told_by, format, count(*) filter (counted) as counted
from call_part
group by told_by, format;
