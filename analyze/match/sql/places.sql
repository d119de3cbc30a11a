-- In how many events each indicator was seen, by place.
select indicator, place, count(*) as events
from match_seen
group by indicator, place
order by indicator, place
