-- Whether the first digits of the hashes of all evidence differ.
select count(distinct ('0x' || left(evidence_id, {{digits}}))::ubigint) = count(*)
from evidence
where evidence is not null
