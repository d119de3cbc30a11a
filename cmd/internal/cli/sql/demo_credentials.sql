-- What was done with the leaked key and with the credential that it got, in
-- order of time: one row for each operation and how it ended.
select
    min(ts) as first,
    case when credential_id = $key then 'leaked key' else 'issued credential' end as credential,
    src_ip, operation, outcome, count(*) as events
from events
where credential_id in ($key, $issued)
group by all
order by 1, 2, 3, 4, 5;
