-- The calls of an application, or actor, in a span whose documents conflict.
select c.eid, coalesce(c.actor::varchar, ''), c.at_us
from conflicting f
join call c on c.eid = f.eid
where f.conflicts > 0 and c.at_us >= $from and c.at_us < $to
    and coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar, 'nobody known') = $subject
order by c.at_us, c.eid
limit 10000
