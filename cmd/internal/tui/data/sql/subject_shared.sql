-- Who used some credentials and addresses too.
select kind, value, who, count(*), epoch_us(min(ts)), epoch_us(max(ts))
from (
    select 'credential_id' as kind, credential_id as value, principal as who, ts from events where list_contains($credentials, credential_id)
    union all
    select 'src_ip', src_ip, principal, ts from events where list_contains($addresses, src_ip)
)
where who is not null
group by all
order by 4 desc, 1, 2, 3
limit 200
