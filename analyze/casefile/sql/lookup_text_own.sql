-- The hashes of the texts in the columns of the events at given places.
select system_prompt_hash, prompt_hash, response_hash, reasoning_hash
from read_parquet({{events}}) e
join (values {{places}}) p(segment, row) on p.segment = e.segment and p.row = e.row
