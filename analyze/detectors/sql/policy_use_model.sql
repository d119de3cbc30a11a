-- What a policy says of models, whoever calls them.
create or replace temp view policy_use as
select
    eid, at_us, actor, null::varchar as person, null::varchar as principal, null::varchar as principal_type, null::varchar as role,
    null::varchar as credential, null::varchar as app, outcome, model as a, null::varchar as b, null::varchar as c
from call
where model is not null;
