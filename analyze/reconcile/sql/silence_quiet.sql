-- Runs of empty minutes, by the minutes with events before and after them.
create or replace temp table quiet as
select format, plane, before, after
from (
    select format, plane, ts as after, lag(ts) over (partition by format, plane order by ts) as before
    from busy
)
where after - before > interval 1 minute
