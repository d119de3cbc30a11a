-- Runs of empty minutes: nothing from the first time to the second.
create or replace temp table quiet as
select source, before + 60000000 as first, ts as last
from (
    select source, ts, lag(source) over w as before_of, lag(ts) over w as before
    from busy
    window w as (order by source, ts)
)
where before_of = source and ts - before > 60000000
