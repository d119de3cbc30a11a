-- Who met what: a row for each thing and call or other event.
create or replace temp table met_row as
select t.thing, t.place, t.eid as first_eid, t.first, t.last, u.*,
    coalesce(
        case when id_principal.basis = 'list' then id_principal.person end,
        case when id_user.basis = 'list' then id_user.person end,
        case when id_credential.basis = 'list' then id_credential.person end,
        id_principal.person, id_user.person, id_credential.person
    ) as person,
    s.unit is not null as started
from (
    select thing, unit, min(place) as place, arg_min(eid, place) as eid, min(ts) as first, max(ts) as last
    from met
    group by thing, unit
) t
join met_unit u on u.unit = t.unit
left join identity id_principal on id_principal.value = u.principal
left join identity id_user on id_user.value = u.end_user
left join identity id_credential on id_credential.value = u.credential_id
left join start s on s.unit = t.unit;
