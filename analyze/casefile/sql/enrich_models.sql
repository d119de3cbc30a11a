-- The models of events that have tokens.
select distinct provider, model, model_response
from read_parquet({{events}})
where (input_tokens is not null or output_tokens is not null) and (model <> '' or model_response <> '')
order by provider nulls last, model nulls last, model_response nulls last
