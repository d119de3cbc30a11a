-- Who did what in some events, as a policy is asked about it.
with wanted as (
    select unnest(from_json($eids, '["BIGINT"]')) as eid
),
use as (
    select eid, at_us, actor, principal, role, person, credential, app, model, operation, region from call
    union all
    select eid, at_us, actor, principal, role, person, credential, app, model, operation, region from act
)
select
    u.eid, u.at_us, coalesce(u.actor, ''), coalesce(u.principal, ''), coalesce(u.role, ''), coalesce(u.person, ''), coalesce(u.credential, ''),
    coalesce(u.app, ''), coalesce(u.model, ''), coalesce(u.operation, ''), coalesce(u.region, '')
from use u
join wanted w on w.eid = u.eid
order by u.eid
