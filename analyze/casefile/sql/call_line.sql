-- Calls with the hashes of their wordings by role and what was measured of them: those
-- that several events show.
create or replace temp table call_line as
select coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other) as eid, {{hashes}}{{measures}}
from joined_call j
{{told}}
where coalesce(j.who, j.said, j.gateway, j.trace, j.client, j.other) is not null;
