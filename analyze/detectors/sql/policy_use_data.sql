-- What a policy says of the destinations that calls name, and of the formats of
-- their data.
create or replace temp view policy_use as
select eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, destination as a, data_format as b, null::varchar as c
from call
where destination is not null or data_format is not null;
