-- The units of the case, those that failed, and its oldest plausible time; the
-- first time of the start, and its units.
select
    count(distinct unit), count(distinct unit) filter (failed), min(ts) filter (ts >= '2000-01-01'::timestamptz),
    min(ts) filter (started and ts >= '2000-01-01'::timestamptz), (select count(*) from pivot_start)
from pivot_event
