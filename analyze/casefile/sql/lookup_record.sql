-- The record that an event was decoded from.
select r.byte_offset, r.byte_length, r.record_sha256, r.frame, r.raw
from read_parquet({{records}}) r
where r.evidence = (select evidence from evidence where evidence_id = $evidence_id and evidence is not null) and r.record = {{record}}
