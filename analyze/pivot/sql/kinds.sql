-- What is usual for the values of a column: how many units and people one has,
-- and how many values are first seen late.
select
    kind, count(*) as different, sum(units)::bigint as units, quantile_disc(units, 0.5) as usual_units, quantile_disc(people, 0.5) as usual_people,
    count(*) filter (first >= $late::timestamptz) as late
from pivot_value
group by kind
order by kind
