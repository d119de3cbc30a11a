-- Records that have the id of another and say something else.
select eid, with_eid
from conflict
order by with_eid, eid
limit $limit
