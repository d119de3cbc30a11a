-- The hashes of the texts in the messages and documents of the events at given
-- places.
select u.hash
from read_parquet({{events}}) u
join (values {{places}}) p(segment, row) on p.segment = u.segment and p.row = u.row
