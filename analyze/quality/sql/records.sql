-- All raw records, without the frames that stand alone.
select evidence_id, record, raw
from records
where record is not null
