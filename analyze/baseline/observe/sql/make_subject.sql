-- Who did it, and who has a place: those with the most calls.
create or replace temp table baseline_subject as
with named as (
    select
        hour, calls,
        unnest(['actor', 'credential', 'model', 'app']) as dimension,
        unnest([actor, credential, model, app]) as subject
    from baseline_use
)
select
    dimension, subject,
    sum(calls)::bigint as calls, count(distinct hour) as hours, count(distinct hour // 24) as days,
    min(hour // 24) as first_day, max(hour // 24) as last_day,
    row_number() over (partition by dimension order by sum(calls) desc, subject) <= $subjects as kept
from named
where subject is not null
group by dimension, subject;
