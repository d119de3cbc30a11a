-- The texts in the columns of the events at given places.
select
    e.system_prompt_hash, left(e.system_prompt, {{chars}}), length(e.system_prompt),
    e.prompt_hash, left(e.prompt, {{chars}}), length(e.prompt),
    e.response_hash, left(e.response, {{chars}}), length(e.response),
    e.reasoning_hash, left(e.reasoning, {{chars}}), length(e.reasoning)
from read_parquet({{events}}) e
join (values {{places}}) p(segment, row) on p.segment = e.segment and p.row = e.row
