-- The calls of an actor in a span, the longest answers first, as many as are listed.
select eid, coalesce(actor::varchar, ''), at_us
from call
where actor = $actor and kind = 'inference' and outcome = 'success' and output_tokens is not null and at_us >= $from and at_us < $to
order by output_tokens desc, eid
limit 1000
