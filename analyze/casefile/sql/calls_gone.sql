-- The calls that the linked events were part of before this load.
create or replace temp table gone as
select distinct call_id from call_event where eid in (select eid from link);
delete from joined_call where call_id in (select call_id from gone);
delete from call_event where call_id in (select call_id from gone);
