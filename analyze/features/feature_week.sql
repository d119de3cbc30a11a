-- What each subject did by hour of the week, from Monday 00:00 UTC: in how many
-- hours it was seen there, and in how many calls. 1970-01-05 was a Monday.
create or replace temp table feature_week as
select
    dimension, subject, (at_us - 345600000000) // 3600000000 % 168 as hour_of_week,
    count(*) as hours, sum(calls)::bigint as calls, min(calls) as least_calls, max(calls) as most_calls
from feature_hour
where at_us >= 345600000000
group by dimension, subject, (at_us - 345600000000) // 3600000000 % 168;
