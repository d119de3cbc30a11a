-- How many events are before and after the plausible times, duplicates
-- included. Both bounds are whole minutes.
select
    coalesce(sum(events) filter (ts < $earliest), 0)::bigint as before,
    coalesce(sum(events) filter (ts >= $latest), 0)::bigint as after
from minute
