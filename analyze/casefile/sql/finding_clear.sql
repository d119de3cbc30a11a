delete from finding;
delete from finding_event;
