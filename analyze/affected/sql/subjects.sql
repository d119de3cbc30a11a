-- Who met the things that are shown, those with most calls first. A call or
-- event that met several of them counts once.
create or replace temp table subject as
select
    row_number() over (order by count(distinct unit) filter (is_call) desc, count(distinct unit) desc, min(place), principal nulls last) as subject,
    principal,
    count(distinct unit) filter (is_call) as calls,
    count(distinct unit) filter (not is_call) as events,
    min(first) as first, max(last) as last,
    min(ts) as first_ts,
    arg_min(first_eid, place) as first_eid
from met_row
where thing in (select thing from shown)
group by principal;
