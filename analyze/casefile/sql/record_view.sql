-- The records of segments: all of them for the SQL surface, and {{of}}records over
-- some of them, see partrecords.go.
create {{or_replace}}temp view {{of}}records as
select
    i.evidence_id, r.record, r.byte_offset, r.byte_length, lower(hex(r.record_sha256)) as record_sha256,
    r.events, r.frame, r.raw, r.segment, r.row
from read_parquet({{records}}) r
join evidence i on i.evidence = r.evidence
