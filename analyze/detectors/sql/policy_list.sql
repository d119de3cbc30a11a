select
    n, uses, coalesce(actor::varchar, ''), coalesce(principal_type::varchar, ''), coalesce(principal::varchar, ''), coalesce(role::varchar, ''),
    coalesce(person::varchar, ''), coalesce(credential::varchar, ''), coalesce(app::varchar, ''),
    coalesce(a::varchar, ''), coalesce(b::varchar, ''), coalesce(c::varchar, '')
from policy_asked
order by n
