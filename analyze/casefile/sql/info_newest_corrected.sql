-- The time of the newest event between $earliest and $latest where clocks are
-- corrected: the roll-up knows only times as logged.
select max(ts_corrected)
from events_all
where ts_corrected >= $earliest and ts_corrected < $latest
