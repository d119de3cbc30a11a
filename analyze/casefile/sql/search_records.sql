-- The events of the records that have one of the hashes.
insert into search_hit
select distinct h.term, {{place}}, e.eid
from (select segment * 268435456 + row as eid, record_sha256 as hash from read_parquet({{events}})) e
join search_said h on h.hash = e.hash
anti join duplicate d on d.eid = e.eid
