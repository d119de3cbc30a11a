-- The evidence that an event stands in.
select path, load, label, status, size, container, compression, encoding, stream_size, stream_sha256
from evidence
where evidence_id = $evidence_id and evidence is not null
limit 1
