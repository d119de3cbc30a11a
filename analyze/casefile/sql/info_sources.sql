-- Sums per source. Events count with their duplicates; duplicates and
-- conflicts say how many of them are such.
with duplicates as (
    select e.format, count(*) as n
    from duplicate d
    join events_all e on e.eid = d.eid
    group by e.format
),
conflicts as (
    select e.format, count(*) as n
    from conflict c
    join events_all e on e.eid = c.eid
    group by e.format
)
select
    v.format, count(*) as files, sum(v.size)::bigint as size, sum(v.stream_size)::bigint as stream_size,
    sum(v.records)::bigint as records, sum(v.frames)::bigint as frames, sum(v.events)::bigint as events,
    sum(v.unparsed)::bigint as unparsed, coalesce(any_value(d.n), 0) as duplicates, coalesce(any_value(c.n), 0) as conflicts,
    sum(v.without_time)::bigint as without_time, min(v.first_ts) as first_ts, max(v.last_ts) as last_ts
from evidence v
left join duplicates d on d.format = v.format
left join conflicts c on c.format = v.format
where v.status in ('loaded', 'damaged')
group by v.format
order by v.format
