-- How many duplicates the given events have.
select of_eid, count(*)
from duplicate
where of_eid in ({{eids}})
group by of_eid
order by of_eid
