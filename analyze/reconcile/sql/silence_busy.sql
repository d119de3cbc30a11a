-- The minutes in which each source has events, as far as they are plausible.
create or replace temp table busy as
select distinct format, coalesce(plane, '') as plane, ts
from minute
where ts >= '2000-01-01' and ts <= $newest
