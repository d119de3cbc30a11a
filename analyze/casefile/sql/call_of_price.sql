-- What models cost, but those that no call names.
create or replace temp table call_of_price as
select
    try_cast(provider as {{type_provider}}) as provider, try_cast(model as {{type_model}}) as model,
    try_cast(model_response as {{type_model}}) as model_response, entry, input, output, cache_read, cache_write
from price
where (provider is null or try_cast(provider as {{type_provider}}) is not null)
    and (model is null or try_cast(model as {{type_model}}) is not null)
    and (model_response is null or try_cast(model_response as {{type_model}}) is not null);
