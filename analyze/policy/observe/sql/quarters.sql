select
    role,
    case when role = '' then principal_type else '' end as type,
    quarter,
    sum(calls)::bigint as calls
from policy_call
where quarter is not null and (role <> '' or principal <> '')
group by role, type, quarter
order by role, type, quarter;
