select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar
from {{table}} t
