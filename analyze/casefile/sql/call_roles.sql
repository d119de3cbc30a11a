-- The roles in which events show calls, in the order of callRoles, and whether
-- events of other kinds do.
select
    count(said) > 0, count(gateway) > 0, count(trace) > 0, count(client) > 0, count(who) > 0, count(other) > 0,
    exists (from call_event where not counted)
from joined_call;
