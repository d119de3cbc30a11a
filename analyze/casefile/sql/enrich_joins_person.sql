left join identity id_principal on id_principal.value = e.principal
left join identity id_user on id_user.value = e.end_user
left join identity id_credential on id_credential.value = e.credential_id
