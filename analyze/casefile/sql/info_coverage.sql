-- In how many events of each source a column has a value. The column * counts
-- all events of the source.
select format, column_name, sum(events)::bigint as events
from coverage
group by format, column_name
order by format, column_name
