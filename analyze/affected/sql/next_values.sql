-- Models and addresses that are new after the meeting, credentials that were
-- issued, and where data went, with how many calls and other events.
select f.subject, f.name, f.value, count(*) as units
from (
    select subject, 'model' as name, model as value from followed
    union all select subject, 'address', src_ip from followed
    union all select subject, 'issued', issued from followed
    union all select subject, 'destination', destination from followed
) f
anti join known k on k.subject = f.subject and k.name = f.name and k.value = f.value
where f.value <> '' and (f.name not in ('model', 'address') or exists (select 1 from known k where k.subject = f.subject and k.name = f.name))
group by all
order by f.subject, f.name, units desc, f.value
