-- The units with a value to start from.
insert into pivot_start
select distinct u.unit
from events e
join pivot_unit u on u.eid = e.eid
where $value in (
    principal, end_user, source_identity, credential_id, src_ip, user_agent, client, model, app, endpoint, region, destination, e.person
)
