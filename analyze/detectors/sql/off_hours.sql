-- What each person let models write in each hour, in order: how often it came back after
-- ten minutes without a call, and tokens. Nobody who calls in more than two of three hours
-- of the day on the median day has hours off.
with one as (
    select actor, at_us, eid, output_tokens
    from call
    where actor is not null and kind = 'inference' and outcome = 'success' and output_tokens is not null
        and (person is not null or coalesce(principal_type, '') in ('IAMUser', 'Root', 'SAMLUser', 'FederatedUser', 'WebIdentityUser', 'User', 'user')
            or end_user is not null or app is null)
)
select
    actor::varchar as actor, at_us // 3600000000 * 3600000000 as at_us, sum(output_tokens)::bigint as tokens, count(*) as calls
from one
group by actor, at_us // 3600000000
order by actor, at_us
