-- Records that events were decoded from. Of the numbers each is of one of the pieces
-- of evidence: others have records with the same numbers.
select i.evidence_id, r.record, r.byte_offset, r.byte_length, r.record_sha256, r.frame, r.raw
from read_parquet({{records}}) r
join evidence i on i.evidence = r.evidence
where r.record in ({{numbers}}) and i.evidence_id in (select unnest($evidence_ids::varchar[]))
