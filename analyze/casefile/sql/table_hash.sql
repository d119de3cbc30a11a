select {{name}} as name, count(*) as rows, coalesce(sum(hash(t)::hugeint), 0)::varchar as hash
from {{table}} t
