-- What a model costs that is called so in the case, in 1e-15 USD per token.
select input, output
from price
where $model in (model, model_response, entry) and input is not null and output is not null
order by input, output
limit 1
