-- The spans of the given logs and applications that are named and nowhere, with
-- the first and last that are part of each; and of each whether it is so near to
-- the ends of its log that it may be beyond them.
with orphan as (
    select s.format, s.app, s.trace_id, s.parent, s.rooted, count(*) as parts,
        arg_min(s.eid, (s.ts, s.eid)) as first_eid, arg_max(s.eid, (s.ts, s.eid)) as last_eid,
        bool_or(s.ts < g.first + g.longest or s.ts_end > g.last - g.longest) as edge
    from hole_span s
    join hole_span_log g on g.format = s.format and g.app is not distinct from s.app
    where not s.there and list_contains(case when s.rooted then $inner else $outer end, s.format || chr(31) || coalesce(s.app, ''))
    group by s.format, s.app, s.trace_id, s.parent, s.rooted
    order by edge, s.format, s.app nulls first, s.trace_id, s.parent
    limit $limit
)
select o.format, coalesce(o.app, ''), o.trace_id, o.parent, o.rooted, o.parts, coalesce(o.edge, true), a.event_id, a.ts, b.event_id, b.ts
from orphan o
join events_all a on a.eid = o.first_eid
join events_all b on b.eid = o.last_eid
order by o.format, o.app nulls first, o.trace_id, o.parent
