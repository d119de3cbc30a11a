-- The numbers at the end of a log's own ids, by what stands before them, each
-- with the number before it.
create or replace temp table hole_step as
with numbered as (
    select regexp_replace(native_id, '[0-9]{1,18}$', '') as prefix, regexp_extract(native_id, '[0-9]{1,18}$')::bigint as number,
        min(eid) as eid, min(ts) as ts
    from events
    where format = $format and regexp_matches(native_id, '[0-9]$')
    group by all
)
select prefix, number, eid, ts,
    lag(number) over w as before, lag(eid) over w as before_eid, lag(ts) over w as before_ts
from numbered
window w as (partition by prefix order by number);
