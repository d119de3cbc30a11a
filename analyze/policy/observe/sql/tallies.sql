with named as (
    select role, case when role = '' then principal_type else '' end as type, *
        exclude (role)
    from policy_call
    where role <> '' or principal <> ''
),
value as (
    select role, type, 'principals' as what, principal as value, calls from named where role = ''
    union all
    select role, type, 'models', model, calls from named
    union all
    select role, type, 'operations', operation, calls from named where kind is distinct from 'tool'
    union all
    select role, type, 'tools', operation, calls from named where kind = 'tool'
    union all
    select role, type, 'regions', region, calls from named
    union all
    select role, type, 'addresses', src_ip, calls from named
    union all
    select role, type, 'formats', data_format, calls from named
    union all
    select role, type, 'destinations', destination, calls from named
)
select role, type, what, value, sum(calls)::bigint as calls
from value
where value <> ''
group by role, type, what, value
qualify row_number() over (partition by role, type, what order by sum(calls) desc, value) <= $limit
order by role, type, what, calls desc, value;
