-- On which days who used a credential from where and with what, whatever the service did
-- itself on behalf of the holder. Words are looked at once for all calls that have them:
-- a condition that also asks for how many these are is not put before they are grouped.
create or replace temp table used_on as
select actor, holder, address, country, client, day
from (
    select
        actor::varchar as actor, coalesce(credential::varchar, principal::varchar) as holder,
        address::varchar as address, country::varchar as country, client::varchar as client, day, times
    from (
        select actor, credential, principal, address, country, client, at_us // 86400000000 as day, count(*) as times
        from call
        where credential is not null or principal is not null
        group by all
    )
    union all
    select actor, coalesce(credential, principal), address, country, client, at_us // 86400000000 as day, count(*)
    from act
    where credential is not null or principal is not null
    group by all
)
where case when times > 0 then coalesce(client, '') <> 'aws-internal' end;
