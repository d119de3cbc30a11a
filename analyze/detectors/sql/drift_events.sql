-- The calls of an application, or actor, in a span, with the model of each.
select c.eid, coalesce(c.actor::varchar, ''), c.at_us
from call c
where c.kind = 'inference' and c.outcome = 'success' and c.at_us >= $from and c.at_us < $to
    and coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar) = $subject
order by c.at_us, c.eid
limit 1000
