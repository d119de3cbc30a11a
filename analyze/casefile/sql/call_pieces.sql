-- Events that are parts of calls without being of their kinds.
or e.segment * 268435456 + e.row in (select eid from call_event where not counted)
