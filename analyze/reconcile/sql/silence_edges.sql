-- The last event before a silence and the first one after it.
select event_id, epoch_us(ts)
from (
    (
        select event_id, ts, eid
        from events_all
        where format = $format and coalesce(plane, '') = $plane and ts >= make_timestamptz($from - 60000000) and ts < make_timestamptz($from)
        order by ts desc, eid desc
        limit 1
    )
    union all
    (
        select event_id, ts, eid
        from events_all
        where format = $format and coalesce(plane, '') = $plane and ts >= make_timestamptz($to) and ts < make_timestamptz($to + 60000000)
        order by ts, eid
        limit 1
    )
)
order by ts, eid
