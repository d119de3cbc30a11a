select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar
from (select * from {{table}} where eid >= $first) t
