-- The events of the evidence that has one of the hashes, as it was received or
-- decompressed.
insert into search_hit
select distinct h.term, {{place}}, e.eid
from (select segment * 268435456 + row as eid, evidence from read_parquet({{events}})) e
join (
    select evidence, unnest([evidence_id, stream_sha256]) as sum from evidence
) i on i.evidence = e.evidence
join (select term, lower(hex(hash)) as sum from search_said) h on h.sum = i.sum
anti join duplicate d on d.eid = e.eid
