-- Changes of what is logged that were carried out, in order of time. Operations are
-- looked at once for all events that have them, and only where one is asked for is more
-- of events read: the condition also asks for how many events there are, so that it is
-- not put before they are grouped.
with logging as (
    select operation
    from (select operation, count(*) as events from events group by operation)
    where case
        when events > 0 then operation in (select unnest(from_json($operations, '["VARCHAR"]'))) or contains(lower(operation), 'insights/diagnosticsettings/')
    end
)
select
    eid, event_id, format, epoch_us(ts), operation, coalesce(principal, ''), coalesce(src_ip, ''), coalesce(tenant, ''),
    coalesce(region, '')
from events
where ts is not null
    and coalesce(outcome, 'success') = 'success'
    and operation in (select operation from logging)
order by ts, eid
limit $limit
