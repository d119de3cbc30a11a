-- How many names of each kind two logs have in common, and how many each has.
with name as (
    select 'session' as kind, format, session_id as value from claim_call
    union all select 'person', format, person from claim_call
    union all select 'principal', format, principal from claim_call
    union all select 'application', format, app from claim_call
    union all select 'provider', format, provider from claim_call
),
known as (
    select kind, value, bool_or(format = $client) as claims, bool_or(format = $other) as sees
    from name
    where value <> '' and format in ($client, $other)
    group by kind, value
)
select kind, count(*) filter (claims and sees), count(*) filter (claims), count(*) filter (sees)
from known
group by kind
order by kind
