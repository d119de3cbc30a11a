-- The events that have the identifiers with the given hashes, without
-- duplicates.
select distinct i.h, i.kind, i.eid
from identifier_index i
anti join duplicate d on d.eid = i.eid
where i.h in ({{hashes}})
order by i.h, i.kind, i.eid
