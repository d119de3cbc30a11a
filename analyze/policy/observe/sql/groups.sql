-- A role is a group; principals without one are, by their type.
select
    role,
    case when role = '' then principal_type else '' end as type,
    sum(calls)::bigint as calls
from policy_call
where role <> '' or principal <> ''
group by role, type
order by calls desc, role, type
limit $limit;
