-- Those that each grant is for, by who called models and who did something else.
-- A grant by policy or group can be for anyone: loose.
create or replace temp table granted_to as
with someone as (
    select distinct actor, principal, role, credential from call where actor is not null and exists (select 1 from granted)
    union
    select distinct actor, principal, role, credential from act where actor is not null and exists (select 1 from granted)
),
named as (
    select
        actor, role, credential,
        case when contains(principal, ':user/') then split_part(split_part(principal, ':user/', 2), '/', -1) else principal end as name
    from someone
)
select g.eid, n.actor, bool_and(g.target is null or g.target_kind = 'policy') as loose
from granted g
join named n on g.target_kind = 'user' and n.name = g.target
    or g.target_kind = 'role' and n.role = g.target
    or n.credential = g.issued_credential
    or (g.target is null or g.target_kind = 'policy')
group by g.eid, n.actor;
