-- The texts in the content segments at given places.
select c.hash, left(c.text, {{chars}}), length(c.text)
from read_parquet({{events}}) c
join (values {{places}}) p(segment, row) on p.segment = c.segment and p.row = c.row
