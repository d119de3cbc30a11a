-- Credentials that were used from several addresses, with their number, and how
-- many credentials were used from any.
select value, addresses, different
from (
    select credential_id as value, count(distinct src_ip) as addresses, count(*) over () as different
    from pivot_event
    where credential_id <> '' and src_ip <> ''
    group by credential_id
)
where addresses > 1
order by value
