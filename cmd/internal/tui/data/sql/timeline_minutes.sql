-- How many events there are in each bucket of whole minutes, by the value of a facet.
select (epoch_us(ts) - $start) // $width, coalesce(case $facet when 'plane' then plane when 'kind' then kind when 'outcome' then outcome else format end, ''), sum(events)::bigint
from minute
where epoch_us(ts) >= $start and epoch_us(ts) < $finish
group by all
order by all
