-- A page of them.
select rule, ts, event_id, principal, operation, src_ip, outcome, model, to_json(fields)::varchar
from sigma_ordered
where n >= $from and n < $to
order by n
