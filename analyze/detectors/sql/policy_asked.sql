-- What a policy is asked about, each once, with a number.
create or replace temp table policy_asked as
select row_number() over () as n, *
from (
    select actor, person, principal, principal_type, role, credential, app, a, b, c, count(*) as uses
    from policy_use
    group by all
);
