-- Columns of the events at given places, each a segment and a row.
select {{columns}}e.segment * 268435456 + e.row, e.evidence, e.record, e.part
from read_parquet({{events}}) e
join (values {{places}}) p(segment, row) on p.segment = e.segment and p.row = e.row
