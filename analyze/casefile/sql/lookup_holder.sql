-- The events that have the wanted identifiers, each a hash and a kind, without
-- duplicates.
select distinct i.h, i.kind, i.eid
from identifier_index i
join (values {{wanted}}) w(h, kind) on w.h::ubigint = i.h and w.kind = i.kind
anti join duplicate d on d.eid = i.eid
where i.h in ({{hashes}})
order by i.h, i.kind, i.eid
