-- On which days who used a credential from where and with what, whatever the service did
-- itself on behalf of the holder.
create or replace temp table used_on as
select *
from (
    select
        actor::varchar as actor, coalesce(credential, principal) as holder,
        address::varchar as address, country::varchar as country, client::varchar as client, day
    from (select distinct actor, credential, principal, address, country, client, at_us // 86400000000 as day from call)
    union
    select actor, coalesce(credential, principal), address, country, client, at_us // 86400000000 from act
)
where holder is not null and coalesce(client, '') <> 'aws-internal';
