-- What followed, in numbers.
select
    f.subject,
    count(*) filter (is_call) as calls,
    count(*) filter (not is_call) as events,
    count(*) filter (again) as again,
    count(*) filter (tool) as tools,
    count(*) filter (trouble = 4) as blocked,
    count(*) filter (trouble = 3) as denied,
    count(*) filter (trouble = 2) as throttled,
    count(*) filter (trouble = 1) as errors,
    sum(bytes_out)::bigint as bytes_out
from followed f
group by f.subject
order by f.subject
