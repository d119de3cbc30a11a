-- The events of the calls that some events are parts of, with the columns that are
-- wanted. Columns of merged calls are of several events: these calls are all there.
create or replace temp table some_event as
select eid from {{from}}
union
select m.eid
from call_event m
where m.call in (
    select c.call from call_event c where c.eid in (select eid from {{from}})
    union all
    select call from merged_call
);

create or replace temp table some_joined as
select j.* from joined_call j where j.call in (select c.call from call_event c where c.eid in (select eid from some_event));

create or replace temp table some_row as
select {{columns}}
from read_parquet({{events}}) e
where e.segment * 268435456 + e.row in (select eid from some_event);
