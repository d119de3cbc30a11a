-- When actors called, in order.
select actor::varchar as actor, at_us
from call
where actor is not null
order by actor, at_us;
