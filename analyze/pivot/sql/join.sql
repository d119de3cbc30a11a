-- The events with the values to follow, and what is known of their units.
-- Failed is what was denied, blocked, throttled or in error.
create or replace temp table pivot_event as
select
    u.unit, w.person, f.finding, s.unit is not null as started, e.ts,
    coalesce(e.outcome in ('denied', 'blocked', 'throttled', 'error'), false) as failed,
    e.principal, e.end_user, e.source_identity, e.credential_id, e.src_ip, e.user_agent, e.client, e.model, e.app, e.endpoint, e.region, e.destination
from events e
join pivot_unit u on u.eid = e.eid
left join pivot_who w on w.unit = u.unit
left join (select unit, min(finding) as finding from pivot_found group by unit) f on f.unit = u.unit
left join pivot_start s on s.unit = u.unit
