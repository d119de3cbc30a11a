-- The hashes under which the index of identifiers has the given values.
select v, hash(v)
from (select unnest($values) as v)
