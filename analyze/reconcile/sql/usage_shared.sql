-- By provider: whether its calls have names in common with the totals, of
-- projects, keys and users, and all of them have such a name.
select provider,
    bool_and(tenant <> '') and bool_or(tenant in (select tenant from usage_line u where u.provider = c.provider)),
    bool_and(credential_id <> '') and bool_or(credential_id in (select credential_id from usage_line u where u.provider = c.provider)),
    bool_and(principal <> '') and bool_or(principal in (select principal from usage_line u where u.provider = c.provider)),
    count(*), count(*) filter (moment is null)
from usage_call c
group by provider
order by provider
