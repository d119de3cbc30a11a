left join address on address.src_ip = e.src_ip
left join identity id_principal on id_principal.value = e.principal
left join identity id_user on id_user.value = e.end_user
left join identity id_credential on id_credential.value = e.credential_id
left join price on price.provider is not distinct from e.provider and price.model is not distinct from e.model
    and price.model_response is not distinct from e.model_response
