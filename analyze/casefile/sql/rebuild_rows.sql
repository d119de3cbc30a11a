-- An order-independent hash of rows.
select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar
from {{rows}} t
