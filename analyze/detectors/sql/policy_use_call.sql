-- What a policy says of calls: model, operation and region. Uses of tools have
-- rules of their own.
create or replace temp view policy_use as
select eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, model as a, operation as b, region as c
from call
where kind is distinct from 'tool';
