-- The span and size of it all.
select
    coalesce(sum(calls), 0)::bigint as calls, count(distinct hour) as hours, count(distinct hour // 24) as days,
    coalesce(min(first_us), 0) as first_us, coalesce(max(last_us), 0) as last_us
from baseline_use;
