-- What a policy says of acts.
create or replace temp view policy_use as
select eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, model as a, operation as b, region as c
from act
where operation is not null;
