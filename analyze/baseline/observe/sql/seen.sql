-- On which days each actor that has a place called or did something else.
with seen as (
    select distinct actor::varchar as actor, at_us // 86400000000 as day
    from call
    where at_us >= $from and at_us < $to and actor is not null
    union
    select actor, at_us // 86400000000
    from act
    where at_us >= $from and at_us < $to and actor is not null
)
select n.actor, n.day
from seen n
semi join baseline_subject s on s.dimension = 'actor' and s.subject = n.actor and s.kept
order by n.actor, n.day
