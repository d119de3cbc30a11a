select value::bigint
from about
where key = 'evidence_digits'
