-- Whose hours a policy is asked about.
create or replace temp view policy_use as
select
    eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome,
    null::varchar as a, null::varchar as b, null::varchar as c
from call
where actor is not null;
