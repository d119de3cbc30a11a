-- The events with the hashes of the values to follow, and what is known of their units.
-- Failed is what was denied, blocked, throttled or in error.
create or replace temp table pivot_event as
select
    u.unit, w.person, f.finding, s.unit is not null as started, e.ts,
    coalesce(e.outcome in ('denied', 'blocked', 'throttled', 'error'), false) as failed,
    case when e.principal <> '' then hash(e.principal) end as principal,
    case when e.end_user <> '' then hash(e.end_user) end as end_user,
    case when e.source_identity <> '' then hash(e.source_identity) end as source_identity,
    case when e.credential_id <> '' then hash(e.credential_id) end as credential_id,
    case when e.src_ip <> '' then hash(e.src_ip) end as src_ip,
    case when e.user_agent <> '' then hash(e.user_agent) end as user_agent,
    case when e.client <> '' then hash(e.client) end as client,
    case when e.model <> '' then hash(e.model) end as model,
    case when e.app <> '' then hash(e.app) end as app,
    case when e.endpoint <> '' then hash(e.endpoint) end as endpoint,
    case when e.region <> '' then hash(e.region) end as region,
    case when e.destination <> '' then hash(e.destination) end as destination
from events e
join pivot_unit u on u.eid = e.eid
left join pivot_who w on w.unit = u.unit
left join (select unit, min(finding) as finding from pivot_found group by unit) f on f.unit = u.unit
left join pivot_start s on s.unit = u.unit
