-- The events that the given ones repeat.
select eid, of_eid
from duplicate
where eid in ({{eids}})
order by eid
