-- How many events have the identifiers with the given hashes. Duplicates do
-- not count.
select i.h, i.kind, count(distinct i.eid)
from identifier_index i
anti join duplicate d on d.eid = i.eid
where i.h in ({{hashes}})
group by i.h, i.kind
order by i.h, i.kind
