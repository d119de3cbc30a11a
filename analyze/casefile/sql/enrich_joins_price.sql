left join price on price.provider is not distinct from e.provider and price.model is not distinct from e.model
    and price.model_response is not distinct from e.model_response
