-- The calls that the linked events were part of before this load.
create or replace temp table gone as
select distinct call from call_event where eid in (select eid from link);
delete from joined_call where call in (select call from gone);
delete from call_event where call in (select call from gone);
delete from merged_call where call in (select call from gone);
delete from joined_text where call in (select call from gone);
