-- Credentials that were used from several addresses, with their number, and how
-- many credentials were used from any.
select value, addresses, different
from (
    select credential_id as word, count(distinct src_ip) as addresses, count(*) over () as different
    from pivot_event
    where credential_id is not null and src_ip is not null
    group by credential_id
)
join (select credential_id as value, hash(credential_id) as word from events where credential_id <> '' group by credential_id) using (word)
where addresses > 1
order by value
