-- The time of the newest event before $latest. The roll-up says in which
-- minute to look.
select max(ts)
from events_all
where ts < $latest and ts >= (select max(ts) from minute where ts >= $earliest and ts < $latest)
