-- Every source address of calls and acts, with what is known of it.
select address, coalesce(min(network), '') as network, coalesce(min(asn), 0)::bigint as asn
from (
    select address::varchar as address, network::varchar as network, asn
    from (select distinct address, network, asn from call where address is not null)
    union all
    select address, network, asn from act where address is not null
)
group by address
order by address
