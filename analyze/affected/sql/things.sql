-- What met each thing. Elsewhere are the calls and events that the search did
-- not start from.
select
    thing,
    count(*) filter (is_call) as calls,
    count(*) filter (not is_call) as events,
    count(*) filter (not started) as elsewhere,
    count(distinct principal) as principals,
    count(distinct session_id) as sessions,
    count(distinct credential_id) as credentials,
    count(distinct src_ip) as addresses,
    epoch_us(min(first)) as first, epoch_us(max(last)) as last,
    arg_min(first_eid, place) as first_eid,
    arg_min(coalesce(principal, ''), place) as first_principal
from met_row
group by thing
order by thing
