-- The refused calls of a subject in a span, in order.
select c.eid, coalesce(c.actor::varchar, ''), c.at_us
from call c
join refused_call r on r.eid = c.eid
where c.kind = 'inference' and c.outcome in ('success', 'blocked') and c.at_us >= $from and c.at_us < $to
    and $subject in (coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar), 'model ' || c.model::varchar)
order by c.at_us, c.eid
