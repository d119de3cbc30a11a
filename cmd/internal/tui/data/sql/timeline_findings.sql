-- What the last analysis claims, in the order in which to look at it.
select id, severity, title
from finding
order by rank, id
