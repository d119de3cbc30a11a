-- The events that name a subject.
create or replace temp table subject_event as
select eid from events where {{column}} = $value
