-- What a policy says of the destinations that other acts name.
create or replace temp view policy_use as
select
    eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, destination as a, null::varchar as b, null::varchar as c
from act
where destination is not null;
