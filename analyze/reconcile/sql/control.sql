-- Changes of what is logged that were carried out, in order of time.
select
    eid, event_id, format, epoch_us(ts), operation, coalesce(principal, ''), coalesce(src_ip, ''), coalesce(tenant, ''),
    coalesce(region, '')
from events
where ts is not null
    and coalesce(outcome, 'success') = 'success'
    and (operation in (select unnest(from_json($operations, '["VARCHAR"]'))) or contains(lower(operation), 'insights/diagnosticsettings/'))
order by ts, eid
limit $limit
