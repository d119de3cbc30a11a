-- What a policy says of where calls come from.
create or replace temp view policy_use as
select eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, address as a, country as b, asn as c
from call
where address is not null;
