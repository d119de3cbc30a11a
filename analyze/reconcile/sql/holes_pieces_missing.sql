-- The gaps in the numbers of calls, of the given logs: the pieces before and
-- after each, none before where the first numbers are missing.
with holed as (
    select format, call, count(*) as pieces, max(sequence) as last
    from hole_piece
    where list_contains($formats, format)
    group by format, call
    having count(*) < max(sequence)
),
placed as (
    select p.format, p.call, h.pieces, h.last, p.sequence, p.eid, p.ts,
        lag(p.sequence) over w as before, lag(p.eid) over w as before_eid, lag(p.ts) over w as before_ts
    from hole_piece p
    join holed h on h.format = p.format and h.call = p.call
    window w as (partition by p.format, p.call order by p.sequence)
),
gap as (
    select * from placed where sequence > coalesce(before, 0) + 1 order by format, call, sequence limit $limit
)
select g.format, g.call, g.pieces, g.last, coalesce(g.before, 0), g.sequence, b.event_id, e.event_id, g.before_ts, g.ts
from gap g
join events_all e on e.eid = g.eid
left join events_all b on b.eid = g.before_eid
order by g.format, g.call, g.sequence
