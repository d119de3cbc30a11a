coalesce(
    case when id_principal.basis = 'list' then id_principal.person end,
    case when id_user.basis = 'list' then id_user.person end,
    case when id_credential.basis = 'list' then id_credential.person end,
    id_principal.person, id_user.person, id_credential.person
) as person
