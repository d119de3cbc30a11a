-- By log and application: spans that are part of one, of traces with their root
-- in the case and of those without it, and of how many the one is not there;
-- and how many traces there are, with their root and without.
select s.format, coalesce(s.app, ''),
    count(*) filter (s.rooted), count(*) filter (s.rooted and not s.there),
    count(distinct s.trace_id) filter (s.rooted), count(distinct s.trace_id) filter (not s.rooted)
from hole_span s
group by s.format, s.app
order by s.format, s.app nulls first
