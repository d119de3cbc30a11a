-- The events of the raw records in which something was found.
insert into search_hit
select distinct h.term, {{place}}, e.eid
from (select segment, segment * 268435456 + row as eid, evidence, record from read_parquet({{events}})) e
join search_raw h on h.segment = e.segment and h.evidence = e.evidence and h.record = e.record
anti join duplicate d on d.eid = e.eid
