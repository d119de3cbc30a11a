-- The minutes in which each source has events, as far as they are plausible. A
-- source is known by a hash, with which DuckDB sorts and groups faster than by
-- its names.
create or replace temp table busy as
select distinct hash(format, coalesce(plane, '')) as source, epoch_us(ts) as ts
from minute
where ts >= '2000-01-01' and ts <= $newest
